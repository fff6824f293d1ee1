/**
 * Traces that are removed, moved or changed during the recording. In every case an event counts as recorded if another
 * reader finds it, otherwise as lost, and the reason is reported.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SessionDaemonClient } from '@ringtail/ctl';
import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requirePeer } from '../peers.ts';
import {
  consumersOf,
  program,
  resultOf,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  sessionDaemonOf,
  startNode,
  succeed,
  until,
} from './harness.ts';

const babeltrace2 = requirePeer('babeltrace2', 'traces that were damaged while they were recorded');
const PLACE = `ust/uid/${process.getuid?.()}/64-bit`;

interface Details {
  readonly findings: readonly { readonly code: string; readonly evidence: readonly string[] }[];
}

interface Place {
  readonly sandbox: Sandbox;
  readonly client: SessionDaemonClient;
}

async function placeWithDaemon(): Promise<Place> {
  const sandbox = sandboxWithDaemon();
  await succeed(sandbox, 'create', 'first', '--no-output');
  const client = await SessionDaemonClient.connect({ runDirectory: sandbox.env.RINGTAIL_RUNDIR as string });
  onTestFinished(() => client.close());
  return { sandbox, client };
}

/** A session that records the events of the one program, beside the other sessions of the test. */
class Recording {
  readonly sandbox: Sandbox;
  readonly name: string;
  readonly trace: string;
  readonly elsewhere: string;
  readonly #client: SessionDaemonClient;

  private constructor({ sandbox, client }: Place, name: string) {
    this.sandbox = sandbox;
    this.#client = client;
    this.name = name;
    this.trace = join(sandbox.directory, name);
    this.elsewhere = `${this.trace}-elsewhere`;
  }

  static async begin(place: Place, name: string): Promise<Recording> {
    const recording = new Recording(place, name);
    const { client } = place;
    await client.createSession({ name, output: recording.trace });
    await client.enableChannel(name, DEFAULT_CHANNEL);
    await client.enableEvent(name, { pattern: 'e2e:*' }, DEFAULT_CHANNEL.name);
    await client.startSession(name);
    return recording;
  }

  async status(): Promise<Details> {
    writeFileSync(join(this.sandbox.home, '.ringtailrc'), `session=${this.name}\n`);
    return await resultOf<Details>(this.sandbox, 'status');
  }

  /** Waits until these are the counts; a count that stays wrong ends the test by its time limit. */
  async counts(recorded: number, lost: number): Promise<void> {
    await until(async () => {
      const { eventsRecorded, eventsLost } = await this.#client.sessionStatistics(this.name);
      return eventsRecorded === recorded && eventsLost === lost;
    });
  }

  get files(): string {
    return join(this.trace, PLACE);
  }

  get data(): string {
    const name = readdirSync(this.files).find((entry) => /_\d+$/.test(entry));
    if (name === undefined) throw new Error('there is no data stream');
    return join(this.files, name);
  }
}

/** A program that emits events on request. */
function startProgram(sandbox: Sandbox): (count: number) => Promise<void> {
  const app = startNode(sandbox, [program('counted.mjs')]);
  let emitted = 0;
  return async (count) => {
    emitted += count;
    app.process.stdin?.write(`${count}\n`);
    await app.says(new RegExp(`emitted ${emitted}\\b`));
  };
}

/** Events that another reader finds anywhere below a directory. */
function eventsBelow(directory: string): number {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) return 0;
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  if (!entries.some((entry) => /(^|\/)metadata$/.test(entry))) return 0;
  const read = spawnSync(babeltrace2 as string, [directory], { encoding: 'utf8' });
  expect(read.status, read.stderr).toBe(0);
  return read.stdout.split('\n').length - 1;
}

interface Damage {
  /** Name of the session. */
  readonly what: string;
  readonly damage: (recording: Recording) => void;
  /** Counts of the five events before and the three after. */
  readonly recorded: number;
  readonly code: string;
}

const remove = (path: string): void => rmSync(path, { recursive: true });

const DAMAGES: readonly Damage[] = [
  { what: 'directory-removed', damage: ({ trace }) => remove(trace), recorded: 0, code: 'TRACE_REMOVED' },
  {
    what: 'directory-replaced',
    damage: ({ trace }) => {
      remove(trace);
      mkdirSync(trace);
    },
    recorded: 0,
    code: 'TRACE_REMOVED',
  },
  {
    what: 'file-in-its-place',
    damage: ({ trace }) => {
      remove(trace);
      writeFileSync(trace, '');
    },
    recorded: 0,
    code: 'TRACE_REMOVED',
  },
  { what: 'data-removed', damage: ({ data }) => remove(data), recorded: 3, code: 'TRACE_REMOVED' },
  { what: 'data-emptied', damage: ({ data }) => truncateSync(data), recorded: 3, code: 'TRACE_REMOVED' },
  {
    what: 'metadata-removed',
    damage: ({ files }) => remove(join(files, 'metadata')),
    recorded: 8,
    code: 'TRACE_REPAIRED',
  },
  {
    what: 'metadata-emptied',
    damage: ({ files }) => truncateSync(join(files, 'metadata')),
    recorded: 8,
    code: 'TRACE_REPAIRED',
  },
  {
    what: 'directory-renamed',
    damage: ({ trace, elsewhere }) => renameSync(trace, elsewhere),
    recorded: 8,
    code: 'TRACE_MOVED',
  },
];

/** The files to remove before a kill of the consumer daemon. */
const REMOVED_BEFORE_DEATH: readonly Damage[] = [
  { what: 'chunk-removed', damage: ({ trace }) => remove(join(trace, 'ust')), recorded: 3, code: 'TRACE_REMOVED' },
  { what: 'all-removed', damage: ({ trace }) => remove(trace), recorded: 3, code: 'TRACE_REMOVED' },
];

async function expectTold(recording: Recording, { recorded, code }: Damage): Promise<void> {
  const { sandbox, name, trace, elsewhere } = recording;
  const lost = 8 - recorded;
  await recording.counts(recorded, lost);
  const { findings } = await recording.status();
  expect([name, ...findings.map((finding) => finding.code)]).toEqual([name, code]);
  if (code === 'TRACE_MOVED') expect(findings[0]?.evidence.join()).toContain(join(elsewhere, PLACE));
  const stopped = await ringtail(sandbox, ['stop', name]);
  expect(stopped.code).toBe(0);
  expect(stopped.stdout).toContain(`${recorded} events`);
  if (lost > 0) expect(stopped.stderr).toContain(`${lost} events lost`);
  expect(stopped.stderr).toContain(`(${code})`);
  expect((await ringtail(sandbox, ['destroy', name])).code).toBe(0);
  expect([name, eventsBelow(trace) + eventsBelow(elsewhere)]).toEqual([name, recorded]);
}

/** Five events, then the damage, then three events. */
async function play(damages: readonly Damage[], afterwards: (sandbox: Sandbox) => void): Promise<void> {
  const place = await placeWithDaemon();
  const { sandbox } = place;
  const recordings: Recording[] = [];
  for (const { what } of damages) recordings.push(await Recording.begin(place, what));
  const emit = startProgram(sandbox);
  await emit(5);
  for (const recording of recordings) await recording.counts(5, 0);
  for (const [index, { damage }] of damages.entries()) damage(recordings[index] as Recording);
  afterwards(sandbox);
  await emit(3);
  for (const [index, damage] of damages.entries()) await expectTold(recordings[index] as Recording, damage);
}

describe.skipIf(babeltrace2 === undefined)('a trace that is damaged while it is recorded', () => {
  it('has each event counted as recorded or lost, with the reason', async () => {
    await play(DAMAGES, () => {});
  });

  it('has each event counted, even after a kill of the consumer daemon', async () => {
    await play(REMOVED_BEFORE_DEATH, (sandbox) => {
      for (const pid of consumersOf(sessionDaemonOf(sandbox))) process.kill(pid, 'SIGKILL');
    });
  });

  it('has lost the events on a file system that is unmounted', async (context) => {
    const place = await placeWithDaemon();
    const { sandbox } = place;
    const trace = join(sandbox.directory, 's');
    mkdirSync(trace);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'mode=0700', 'none', trace]).status === 0;
    if (!mounted) {
      process.stderr.write('SKIPPED: nothing can be mounted: not tested: a trace that is unmounted\n');
      context.skip();
    }
    onTestFinished(() => void spawnSync('umount', ['-l', trace]));
    const recording = await Recording.begin(place, 's');
    const emit = startProgram(sandbox);
    await emit(5);
    await recording.counts(5, 0);
    expect(spawnSync('umount', ['-l', trace]).status).toBe(0);
    await emit(3);
    await recording.counts(0, 8);
    expect((await recording.status()).findings.map(({ code }) => code)).toEqual(['TRACE_REMOVED']);
  });

  it('goes on in its output directory with a rotation, if it was renamed', async () => {
    const place = await placeWithDaemon();
    const { sandbox } = place;
    const recording = await Recording.begin(place, 's');
    const emit = startProgram(sandbox);
    await emit(5);
    await recording.counts(5, 0);
    renameSync(recording.trace, recording.elsewhere);
    await emit(3);
    expect((await ringtail(sandbox, ['rotate', 's'])).code).toBe(0);
    await emit(2);
    await recording.counts(10, 0);
    await ringtail(sandbox, ['destroy', 's']);
    expect([eventsBelow(recording.elsewhere), eventsBelow(recording.trace)]).toEqual([8, 2]);
  });
});
