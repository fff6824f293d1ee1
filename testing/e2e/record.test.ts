import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  eventsOf,
  isRunning,
  makeSandbox,
  program,
  record,
  ringtail,
  startNode,
  startRingtail,
  summaryOf,
  timestampsOf,
} from './harness.ts';

const node = process.execPath;

describe('a recorded program', () => {
  it('is in the trace event by event: count, order, values, and times within its own', async () => {
    const sandbox = makeSandbox();
    const count = 2000;
    const { ended, summary, trace } = await record(sandbox, [node, program('emit.mjs'), String(count)]);
    expect(ended.code).toBe(0);
    const said = JSON.parse(ended.stdout) as { beginMs: number; endMs: number };
    expect(summary).toMatchObject({ eventsRecorded: 2 * count, eventsDiscarded: 0, eventsLost: 0, troubles: [] });

    const events = eventsOf(sandbox, trace);
    expect(events.map((event) => event.name)).toEqual(
      Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 'e2e:sample' : 'e2e:other')),
    );
    for (const [position, { name, fields }] of events.entries()) {
      const index = position >> 1;
      expect(fields).toContain(name === 'e2e:other' ? `{ index = ${index} }` : `{ index = ${index}, `);
      if (name === 'e2e:sample') for (const text of expectedFields(index)) expect(fields).toContain(text);
    }
    const timestamps = timestampsOf(sandbox, trace);
    expect(timestamps).toHaveLength(events.length);
    expect(timestamps).toEqual([...timestamps].sort((a, b) => Number(a - b)));
    const [first, last] = [timestamps.at(0) as bigint, timestamps.at(-1) as bigint];
    expect(Number(last - first) / 1e6).toBeLessThanOrEqual(said.endMs - said.beginMs + 1);
  });

  it('writes, reads and ends exactly as without tracing', async () => {
    const sandbox = makeSandbox();
    const command = [program('plain.mjs'), '7', 'two words', '--flag'];
    const untraced = await startNode(sandbox, command, { WITHOUT_TRACER: '1' }).ended;
    const { ended, summary } = await record(sandbox, [node, ...command]);
    expect(ended.code).toBe(7);
    expect(ended.code).toBe(untraced.code);
    expect(ended.stdout).toBe(untraced.stdout);
    expect(ended.stderr.split('\n').slice(0, -2).join('\n')).toBe(untraced.stderr.trimEnd());
    expect(summary).toMatchObject({ exitCode: 7, eventsRecorded: 100 });
  });

  it('is suggested the whole name of an event that a rule names without its provider', async () => {
    const sandbox = makeSandbox();
    const { stderr } = await ringtail(sandbox, ['record', '-u', 'sample', '--', node, program('emit.mjs'), '10']);
    expect(stderr).toContain("no tracepoint is called 'sample':");
    expect(stderr).toContain("next: did you mean 'e2e:sample'? run the command again with -u e2e:sample\n");
  });

  it('is suggested the name of a misspelt event, also where other rules record', async () => {
    const sandbox = makeSandbox();
    const command = ['-u', 'e2e:s*,e2e:sampel', '--', node, program('emit.mjs'), '10'];
    const { stderr } = await ringtail(sandbox, ['record', ...command]);
    expect(stderr).toMatch(/ringtail: \d+ events/);
    expect(stderr).toContain("no tracepoint is called 'e2e:sampel':");
    expect(stderr).toContain("next: did you mean 'e2e:sample'? run the command again with -u e2e:sample\n");
  });

  it('is reported a filter of the settings with a field that no event has, with and without other events', async () => {
    const sandbox = makeSandbox();
    const settings = join(sandbox.directory, 'settings.json');
    for (const others of [[], [{ pattern: 'e2e:sample' }]]) {
      const rules = [{ pattern: 'e2e:s*', filter: 'indx >= 0' }, ...others];
      writeFileSync(settings, JSON.stringify({ rules }));
      const command = ['--settings', settings, '--', node, program('emit.mjs'), '10'];
      const { stderr } = await ringtail(sandbox, ['record', '--output-format=json', ...command]);
      const { findings, eventsRecorded } = JSON.parse(stderr) as { findings: object[]; eventsRecorded: number };
      expect(eventsRecorded > 0).toBe(others.length > 0);
      expect(findings).toMatchObject([
        {
          code: 'FILTER_LACKS_FIELD',
          what: 'the filter asks for a field that no matched tracepoint has: "indx"',
          nextStep: 'did you mean "index"? change the filter in the settings, and run the command again',
        },
      ]);
    }
  });

  it('is recorded by the given rules only', async () => {
    const sandbox = makeSandbox();
    const { trace } = await record(sandbox, [node, program('emit.mjs'), '10'], ['-u', 'e2e:*', '-l', 'info']);
    expect(eventsOf(sandbox, trace).map((event) => event.name)).toEqual(Array(10).fill('e2e:sample'));
  });

  it('keeps existing NODE_OPTIONS', async () => {
    const sandbox = makeSandbox();
    const command = ['record', node, '-p', 'process.title'];
    const ended = await ringtail(sandbox, command, { NODE_OPTIONS: '--title=kept' });
    expect(ended.stdout).toBe('kept\n');
  });

  it('that left children behind is reported', async () => {
    const sandbox = makeSandbox();
    const { ended, summary } = await record(sandbox, [node, program('orphan.mjs')]);
    const child = Number(/child (\d+)/.exec(ended.stdout)?.[1]);
    try {
      expect(summary.survivors).toEqual([child]);
    } finally {
      if (isRunning(child)) process.kill(child, 'SIGKILL');
    }
  });
});

describe('ringtail view', () => {
  it('writes one JSON object for each event on request', async () => {
    const sandbox = makeSandbox();
    const { trace } = await record(sandbox, [node, program('emit.mjs'), '2']);
    const view = await ringtail(sandbox, ['view', trace, '--output-format=json']);
    const events = view.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { at: string; name: string; fields: object });
    expect(events.map(({ name }) => name)).toEqual(['e2e:sample', 'e2e:other', 'e2e:sample', 'e2e:other']);
    expect(events[2]?.fields).toMatchObject({
      index: 1,
      big: '9223372036854775809',
      below: -2,
      ratio: 0.25,
      name: 'name-1',
      note: 'note é 1',
      items: [1],
      place: { x: 1, y: 2 },
      maybe: 1,
    });
    expect(BigInt(events[3]?.at ?? 0) >= BigInt(events[0]?.at ?? 0)).toBe(true);
  });

  it('ends silently when its reader goes away, and with 1 without a trace', async () => {
    const sandbox = makeSandbox();
    const { trace } = await record(sandbox, [node, program('emit.mjs'), '5000']);
    const view = startRingtail(sandbox, ['view', trace]);
    view.process.stdout?.once('data', () => view.process.stdout?.destroy());
    expect(await view.ended).toMatchObject({ code: 0, stderr: '' });
    const nowhere = await ringtail(sandbox, ['view', join(sandbox.directory, 'nowhere')]);
    expect(nowhere).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('nowhere') });
  });
});

describe('ringtail record', () => {
  it('leaves no run directory and no daemon behind', async () => {
    const sandbox = makeSandbox();
    await record(sandbox, [node, program('emit.mjs'), '1']);
    expect(readdirSync(sandbox.env.TMPDIR as string)).toEqual([]);
  });

  it('writes traces without a named directory below the home directory, and view prints the newest', async () => {
    const sandbox = makeSandbox();
    const ended = await ringtail(sandbox, ['record', '--', node, program('emit.mjs'), '3']);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('6 events');
    const [name] = readdirSync(join(sandbox.home, 'ringtail-traces'));
    expect(name).toMatch(/^emit-\d{8}-\d{6}$/);
    const view = await ringtail(sandbox, ['view']);
    expect(view.code).toBe(0);
    expect(view.stdout.trimEnd().split('\n').length).toBe(6);
  });

  it('distinguishes a missing command (127) from one that may not run (126), and starts nothing', async () => {
    const sandbox = makeSandbox();
    writeFileSync(join(sandbox.directory, 'plain.txt'), 'text', { mode: 0o644 });
    const notFound = await ringtail(sandbox, ['record', 'no-such-command-here']);
    expect(notFound.code).toBe(127);
    expect(notFound.stderr).toContain('no-such-command-here: command not found');
    const notExecutable = await ringtail(sandbox, ['record', './plain.txt']);
    expect(notExecutable.code).toBe(126);
    expect(notExecutable.stderr).toContain('./plain.txt: it may not be executed');
    expect(existsSync(join(sandbox.home, 'ringtail-traces'))).toBe(false);
    expect(readdirSync(sandbox.env.TMPDIR as string)).toEqual([]);
  });

  it('refuses a trace directory with files in it and leaves them unchanged', async () => {
    const sandbox = makeSandbox();
    mkdirSync(join(sandbox.directory, 'full'));
    writeFileSync(join(sandbox.directory, 'full', 'mine'), 'mine');
    const ended = await ringtail(sandbox, ['record', '-o', 'full', node, '-e', 'console.log(1)']);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain('is not empty');
    expect(readdirSync(join(sandbox.directory, 'full'))).toEqual(['mine']);
  });

  it.each([
    ['runs no Node.js program', ['true'], 'No Node.js program registered'],
    ['has no tracepoints', [node, '-e', ''], 'none had a tracepoint'],
    ['has none that match', [node, program('emit.mjs'), '1'], "no tracepoint is called 'shop:*'"],
    ['never came by one', [node, program('emit.mjs'), '0'], 'no program has come by one'],
  ])('says why nothing was recorded of a command that %s', async (_, command, why) => {
    const sandbox = makeSandbox();
    const rule = why.includes('shop') ? 'shop:*' : '*';
    const { ended, summary } = await record(sandbox, command, ['-u', rule]);
    expect(ended.code).toBe(0);
    expect(summary.eventsRecorded).toBe(0);
    expect(summary.explanation).toContain(why);
    if (why.includes('tracepoint is') || why.includes('come by')) expect(summary.explanation).toContain('e2e:sample');
  });

  it('inside of another recording uses its daemon', async () => {
    const sandbox = makeSandbox();
    const inner = [
      node,
      program('../../../packages/cli/bin/ringtail.mjs'),
      'record',
      '--output-format=json',
      '-o',
      'inner',
    ];
    const { ended, summary } = await record(sandbox, [...inner, '--', node, program('emit.mjs'), '5'], ['-u', 'e2e:*']);
    expect(ended.code).toBe(0);
    const [first] = ended.stderr.split('\n');
    expect(summaryOf({ ...ended, stderr: first as string }).eventsRecorded).toBe(10);
    expect(summary.eventsRecorded).toBe(10);
  });
});

/** What the text of `e2e:sample` number `index` contains, as babeltrace2 writes values. */
function expectedFields(index: number): string[] {
  const items = Array.from({ length: index % 4 }, (_, k) => `[${k}] = ${index + k}`).join(', ');
  const colour = ['"red" : container = 0', '"green" : container = 1', '"blue" : container = 2'][index % 3];
  return [
    `big = ${2n ** 63n + BigInt(index)}, `,
    `below = ${-index - 1}, `,
    `ratio = ${index / 4}, `,
    `name = "name-${index}", `,
    `note = "note é ${index}", `,
    `flag = ${index % 2}, `,
    `colour = ( ${colour} ), `,
    `mask = 0x${(index * 16).toString(16).toUpperCase()}, `,
    `items = [ ${items}${items === '' ? '' : ' '}], `,
    `triple = [ [0] = ${index % 256}, [1] = 1, [2] = 2 ], `,
    `place = { x = ${index}, y = ${index + 1} }`,
    index % 5 === 0 ? 'maybe = { { } } }' : `maybe = { ${index} } }`,
  ];
}
