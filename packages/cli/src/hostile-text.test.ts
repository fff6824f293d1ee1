/**
 * Every command, with names that would command a terminal, forge lines or break XML: as its arguments, as the value of
 * each of its options, and in everything that a session daemon answers. Commands and options that are added are tested
 * by themselves.
 */
import { isUnsafe } from '@ringtail/base/text';
import { checkClientRequest, NO_STATISTICS } from '@ringtail/protocol';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { run } from './cli.ts';
import { RESULTS, TRIGGERS } from './mi/samples.test.support.ts';
import { writeMi } from './mi/write-mi.ts';
import { writeCurrentSession } from './session/current-session.ts';
import { type FakeContext, fakeContext } from './testing/fake-context.test.support.ts';
import { type Answers, fakeDaemon, sessionCalled } from './testing/fake-daemon.test.support.ts';

/** Magenta, which no command uses. */
const NAME = '=h\u001b[35m\u009b2J\u007f\u202e\u2066\u2028\u061c\ufffe\uffff\u{e0041}\ud800"\'`$(x)\\<&]]>';
/** What a user may type, or a file be called. */
const ARGUMENT = `${NAME}\nINJECTED\rINJECTED`;
/** Members of answers whose texts are names, paths and messages; others are words of the protocol. */
const FREE = new Set(
  'name session channel channels procname program output path shmPath pattern exclude filter message key lastFailure lastArchive contexts troubles url tokenFile map maps captures runtime archive refused sessions what text'.split(
    ' ',
  ),
);

/** The value with the hostile text in every text that is free. */
function hostile<T>(value: T, free = false): T {
  if (typeof value === 'string') return (free ? value + NAME : value) as T;
  if (Array.isArray(value)) return value.map((one) => hostile(one, free)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, hostile(member, FREE.has(name))]),
  ) as T;
}

function sampleOf<Command extends (typeof RESULTS)[number]['command']>(command: Command) {
  return hostile(RESULTS.find((result) => result.command === command)) as Extract<
    (typeof RESULTS)[number],
    { command: Command }
  >;
}

const { session } = sampleOf('create');
const [{ applications = [] } = {}] = sampleOf('list-tracepoints').domains;
const { memory } = sampleOf('list-session');
const statistics = hostile({ ...NO_STATISTICS, eventsLost: 3, troubles: ['a trouble of '] });

const ANSWERS: Answers = {
  'daemon-status': () => ({
    pid: 1,
    version: NAME,
    runDirectory: `/${NAME}`,
    missingGroup: NAME,
    startedAt: '2026-01-01T00:00:00.000Z',
    consumerPid: null,
    consumerRestarts: 2,
    consumers: [{ uid: 0, pid: null, restarts: 2, hangs: 0 }],
    applications: 1,
    sessions: 2,
    memoryBytes: 5,
  }),
  'list-sessions': () => [session, sessionCalled(NAME, { snapshot: true, output: `/o/${NAME}` })],
  'session-statistics': () => statistics,
  'session-memory': () => memory,
  'list-instrumentation': () => ({
    applications: applications.map((application, tracepoints) => ({ ...application, tracepoints })),
    tracepointLists: applications.map(({ tracepoints }) => tracepoints),
    events: [],
  }),
  'list-contexts': () => [{ name: NAME, refused: NAME }],
  'list-triggers': () => hostile(TRIGGERS),
  'create-session': () => ({ name: session.name, output: session.output }),
  'enable-channel': () => null,
  'disable-channel': () => null,
  'enable-event': () => ({ channel: NAME }),
  'disable-event': () => ({ channel: NAME, disabled: 1 }),
  'add-context': () => ({ channels: [NAME] }),
  'start-session': () => null,
  'stop-session': () => statistics,
  'destroy-session': () => ({ ...statistics, archive: NAME }),
  'record-snapshot': () => ({ path: `/${NAME}`, statistics }),
  'add-snapshot-output': () => session.snapshotOutputs[0]!,
  'delete-snapshot-output': () => null,
  'rotate-session': () => ({ archive: `/${NAME}`, statistics }),
  'set-rotation-schedule': () => session.rotationSchedule,
  'clear-session': () => null,
  'add-trigger': () => ({ name: NAME }),
  'remove-trigger': () => null,
  'add-map': () => ({ name: NAME }),
  'show-maps': () =>
    session.domains
      .flatMap(({ maps }) => maps)
      .map(({ name }) => ({
        map: name,
        owner: { kind: 'user', uid: 0 },
        key: NAME,
        value: -5,
        overflow: false,
      })),
};

/** The same from a daemon that refuses what the real one refuses. */
const STRICT_ANSWERS = Object.fromEntries(
  Object.entries(ANSWERS).map(([command, answer]) => [
    command,
    (params: unknown) => {
      checkClientRequest({ id: 1, command, params });
      return (answer as (params: unknown) => unknown)(params);
    },
  ]),
) as Answers;

async function world(isTTY: boolean, answers: Answers): Promise<FakeContext> {
  const fake = fakeContext();
  const terminal = (stream: FakeContext['stdout']) => ({
    isTTY,
    columns: 80,
    write: (text: string) => stream.write(text),
  });
  const context = { ...fake, stdout: terminal(fake.stdout), stderr: terminal(fake.stderr) };
  writeCurrentSession(context, 's');
  await fakeDaemon(context, answers);
  return context;
}

/**
 * What is wrong with text that was written: characters that are not safe, our own colours aside, and lines of somebody
 * else.
 */
function wrongIn(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: our own sequences.
  const plain = text.replaceAll(/\u001b\[(?:1|2|22|31|32|33|36|39)m/g, '').replaceAll(/\u001b\[(?:G|2K)/g, '');
  const unsafe = [...plain].filter((character) => isUnsafe(character.codePointAt(0) as number));
  return [...unsafe.map((character) => JSON.stringify(character)), ...(plain.match(/^INJECTED.*/gm) ?? [])];
}

/** What is wrong with what a command line wrote. */
async function wrongWith(context: FakeContext, args: readonly string[], format?: 'json' | 'mi'): Promise<string[]> {
  const [before, errorsBefore] = [context.output().length, context.errors().length];
  await run(format === 'mi' ? ['--mi=xml', ...args] : [...args, ...(format === 'json' ? [JSON_FORMAT] : [])], context);
  const [output, errors] = [context.output().slice(before), context.errors().slice(errorsBefore)];
  const wrong = [...wrongIn(output), ...wrongIn(errors)];
  if (format === 'mi' && output.startsWith('<')) {
    const valid = XMLValidator.validate(output);
    if (valid !== true) wrong.push(valid.err.msg);
  }
  if (format === 'json') for (const line of output.split('\n')) if (line !== '') JSON.parse(line);
  return wrong.map((one) => `${JSON.stringify(args)}: ${one}`);
}

async function linesOf(context: FakeContext, args: readonly string[]): Promise<string[]> {
  const before = context.output().length;
  await run(args, context);
  return context
    .output()
    .slice(before)
    .split('\n')
    .filter((line) => line !== '');
}

/** Commands that run another program, which is not what is tested, or read the whole machine. */
const OTHERS = new Set(['doctor']);
const JSON_FORMAT = '--output-format=json';
/** What makes a command print as much as it can. */
const TELLING: readonly (readonly string[])[] = [
  ['list'],
  ['list', session.name],
  ['list', session.name, '--memory'],
  ['list', '-u', '-f'],
  ['list', session.name, '--domain'],
  ['status'],
  ['status', session.name],
  ['stop', session.name],
  ['destroy', session.name],
  ['rotate', session.name],
  ['clear', session.name],
  ['start', session.name],
  ['snapshot', 'record', '-s', session.name],
  ['snapshot', 'list-output', '-s', session.name],
  ['snapshot', 'add-output', '-s', session.name, '/x'],
  ['snapshot', 'del-output', '-s', session.name, '1'],
  ['add-context', '-u', '--list'],
  ['list-triggers'],
  ['show-maps', '-s', session.name],
  ['export-maps', '-s', session.name],
  ['enable-event', '-u', '-s', session.name, NAME],
  ['enable-channel', '-u', '-s', session.name, NAME],
  ['add-trigger', '--condition=event-rule-matches', '--name', NAME, '--action=notify'],
  ['save', '-a'],
  ['create', NAME],
  ['set-session', session.name],
  ['__complete', '--', 'start', ''],
  ['__complete', '--', 'enable-event', ''],
];

describe('a hostile text', () => {
  it.each([false, true])('in what a daemon answers only shows, on a terminal: %s', async (isTTY) => {
    const context = await world(isTTY, ANSWERS);
    const wrong: string[] = [];
    for (const args of TELLING) {
      for (const format of args[0] === '__complete' ? [undefined] : ([undefined, 'json', 'mi'] as const)) {
        wrong.push(...(await wrongWith(context, args, format)));
      }
    }
    expect(wrong).toEqual([]);
    // It was there to be shown.
    for (const [text, count] of [
      ['\\e[35m\\u009b2J\\x7f\\u202e', 20],
      ['&#x202e;', 5],
      ['\\u001b[35m\\u009b2J\\u007f\\u202e', 10],
    ] as const) {
      expect(context.output().split(text).length, text).toBeGreaterThan(count);
    }
  });

  it('as an argument or an option of any command only shows', { timeout: 300_000 }, async () => {
    const context = await world(false, STRICT_ANSWERS);
    const commands = (await linesOf(context, ['--list-commands'])).filter((name) => !OTHERS.has(name));
    expect(commands.length).toBeGreaterThan(30);
    const wrong: string[] = [];
    for (const option of await linesOf(context, ['--list-options'])) {
      wrong.push(...(await wrongWith(context, [option, ARGUMENT, 'list'])));
    }
    for (const command of [...commands, ARGUMENT]) {
      wrong.push(...(await wrongWith(context, [command, ARGUMENT])));
      wrong.push(...(await wrongWith(context, [command, ARGUMENT, ARGUMENT], 'mi')));
      if (command === ARGUMENT) continue;
      for (const option of await linesOf(context, [command, '--list-options'])) {
        wrong.push(...(await wrongWith(context, [command, option, ARGUMENT, ARGUMENT])));
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('the machine interface', () => {
  it('is XML for every kind of result, whatever the names are', () => {
    for (const result of RESULTS) {
      const xml = writeMi(hostile(result));
      expect(wrongIn(xml), result.command).toEqual([]);
      expect(XMLValidator.validate(xml), result.command).toBe(true);
      // Tabs, line feeds and carriage returns are all that XML has of control characters, references to others are
      // errors.
      expect(xml.match(/&#x(?:0?[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef]);/gi), result.command).toBe(null);
    }
  });
});
