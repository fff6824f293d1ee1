/**
 * Gives random commands while four threads record, and compares every event with the rules of its moment.
 *
 * RINGTAIL_COMMANDS is the number of commands (default 150). RINGTAIL_SEED replays them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDaemon, type SessionDaemonClient } from '@ringtail/ctl';
import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { requirePeer } from '../peers.ts';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';
import { CommandHistory, type Wanted } from './command-history.ts';
import { type DrivenThread, type DrivenTrace, KINDS, readDrivenTrace, THREADS } from './driven-trace.ts';
import { makeSandbox, pause, program, REGISTER_URL, type Sandbox, startNode } from './harness.ts';

const commands = Number(process.env.RINGTAIL_COMMANDS ?? 150);
const seed = runSeed('random-commands');
const BURST = 100;
/** Emission rate; a long run has to remember every event. */
const BURST_PAUSE_MS = commands > 1000 ? 10 : 1;
/** Small, so that some events are discarded. */
const CHANGING_CHANNEL = { ...DEFAULT_CHANNEL, subBufBytes: 4096, subBufCount: 2 };
const PAUSE_MAX_MS = 30;
const CLOSE_LOOKS_MAX = 40;
const UNTOLD_SHOWN_MAX = 10;

const babeltrace2 = requirePeer('babeltrace2', 'chunks and snapshots of a session under random commands');
const monotonicNs = () => Number(process.hrtime.bigint());

describe('random commands while four threads record', () => {
  it(
    `leave every event in exactly the traces whose rules match it, ${commands} commands (seed ${seed})`,
    async () => {
      const sandbox = makeSandbox();
      const run = await drive(sandbox);
      const reference = readDrivenTrace(run.outputs.reference);
      expect(reference.eventsDiscarded, 'the reference has to have every event').toBe(0);
      for (const { numbers } of reference.threads) {
        expect(numbers.length).toBeGreaterThan(0);
        expect(numbers.every((n, i) => i === 0 || n === (numbers[i - 1] as number) + 1)).toBe(true);
      }
      checkChanging(run, reference);
      for (const snapshot of run.snapshots) checkSnapshot(snapshot, reference);
      checkWithPeer(run);
    },
    180_000 + commands * 200,
  );
});

interface Snapshot {
  readonly path: string;
  readonly askedAt: number;
}

interface Run {
  readonly outputs: { readonly reference: string; readonly changing: string; readonly recorder: string };
  readonly history: CommandHistory;
  readonly snapshots: readonly Snapshot[];
  /** From the statistics of the changing session, which a clear resets. */
  readonly eventsDiscarded: number;
}

/** A session that records everything, one whose rules change, and a flight recorder. */
async function drive(sandbox: Sandbox): Promise<Run> {
  const random = new SeededRandom(seed);
  const runDirectory = join(sandbox.directory, 'run');
  const mainPath = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
  const { client } = await ensureDaemon({ runDirectory, mainPath, env: { ...sandbox.env } });
  const output = (name: string) => join(sandbox.directory, name);
  const outputs = { reference: output('reference'), changing: output('changing'), recorder: output('recorder') };
  await client.createSession({ name: 'reference', output: outputs.reference });
  await client.enableEvent('reference', { pattern: 'driven:*' });
  await client.startSession('reference');
  await client.createSession({ name: 'changing', output: outputs.changing });
  await client.enableChannel('changing', CHANGING_CHANNEL);
  await client.createSession({ name: 'recorder', output: outputs.recorder, snapshot: true });
  await client.enableChannel('recorder', { ...DEFAULT_CHANNEL, mode: 'overwrite', subBufBytes: 65_536 });
  await client.enableEvent('recorder', { pattern: 'driven:*' });
  await client.startSession('recorder');
  const words = ['--import', REGISTER_URL, program('driven.mjs'), String(BURST), String(BURST_PAUSE_MS)];
  const running = startNode(sandbox, words, {
    RINGTAIL_RUNDIR: runDirectory,
  });
  await running.says(/ready/);
  const driver = new Driver(client, random);
  await driver.start();
  for (let i = 0; i < commands; i++) {
    await driver.step();
    await pause(random.between(0, PAUSE_MAX_MS));
  }
  running.process.stdin?.end();
  await running.ended;
  const { eventsDiscarded } = await client.destroySession('changing');
  for (const session of ['reference', 'recorder']) await client.destroySession(session);
  await client.shutdown();
  client.close();
  return {
    outputs,
    history: driver.history,
    snapshots: driver.snapshots,
    eventsDiscarded: driver.eventsDiscarded + eventsDiscarded,
  };
}

/** Gives one random command after another, and notes their meaning. */
class Driver {
  readonly history = new CommandHistory();
  readonly snapshots: Snapshot[] = [];
  /** Up to the last clear. */
  eventsDiscarded = 0;
  readonly #client: SessionDaemonClient;
  readonly #random: SeededRandom;
  /** By kind: whether its rule without a filter, and the rule for odd numbers, are enabled. */
  readonly #rules = Array.from({ length: KINDS }, () => ({ all: false, odd: false }));
  #channelEnabled = true;
  #active = false;
  #chunkFrom = 0;

  constructor(client: SessionDaemonClient, random: SeededRandom) {
    this.#client = client;
    this.#random = random;
  }

  async start(): Promise<void> {
    await this.#note(
      () => this.#client.enableEvent('changing', rule(0, false), DEFAULT_CHANNEL.name),
      () => {
        (this.#rules[0] as { all: boolean }).all = true;
      },
    );
    this.#chunkFrom = monotonicNs();
    await this.#note(
      () => this.#client.startSession('changing'),
      () => {
        this.#active = true;
      },
    );
  }

  async step(): Promise<void> {
    // A state that stops all recording is short, or most events would be absent.
    if (!this.#active && this.#random.oneIn(2)) return await this.#toggleSession();
    if (!this.#channelEnabled && this.#random.oneIn(2)) return await this.#toggleChannel();
    const dice = this.#random.between(1, 100);
    if (dice <= 35) await this.#enable();
    else if (dice <= 65) await this.#disable();
    else if (dice <= 78) await this.#snapshot();
    else if (dice <= 90) await this.#rotate();
    else if (dice <= 94) await this.#clear();
    else if (dice <= 97) await this.#toggleChannel();
    else await this.#toggleSession();
  }

  async #enable(): Promise<void> {
    const kind = this.#random.between(0, KINDS - 1);
    const odd = this.#random.oneIn(2);
    const rules = this.#rules[kind] as { all: boolean; odd: boolean };
    if (odd ? rules.odd : rules.all) return;
    await this.#note(
      () => this.#client.enableEvent('changing', rule(kind, odd), DEFAULT_CHANNEL.name),
      () => {
        if (odd) rules.odd = true;
        else rules.all = true;
      },
    );
  }

  async #disable(): Promise<void> {
    const kind = this.#random.between(0, KINDS - 1);
    const rules = this.#rules[kind] as { all: boolean; odd: boolean };
    if (!rules.odd && !rules.all) return;
    await this.#note(
      () => this.#client.disableEvent('changing', `driven:k${kind}`, DEFAULT_CHANNEL.name),
      () => {
        rules.all = false;
        rules.odd = false;
      },
    );
  }

  async #snapshot(): Promise<void> {
    const askedAt = monotonicNs();
    const { path } = await this.#client.recordSnapshot('recorder');
    this.snapshots.push({ path, askedAt });
  }

  async #rotate(): Promise<void> {
    if (!this.#active) return;
    const from = monotonicNs();
    await this.#client.rotateSession('changing');
    this.#chunkFrom = from;
  }

  async #clear(): Promise<void> {
    const chunkFrom = this.#chunkFrom;
    this.eventsDiscarded += (await this.#client.sessionStatistics('changing')).eventsDiscarded;
    await this.#client.clearSession('changing');
    this.history.addClear(chunkFrom, monotonicNs());
  }

  async #toggleChannel(): Promise<void> {
    const enabled = !this.#channelEnabled;
    const toggle = () =>
      enabled
        ? this.#client.enableChannel('changing', CHANGING_CHANNEL)
        : this.#client.disableChannel('changing', DEFAULT_CHANNEL.name);
    await this.#note(toggle, () => {
      this.#channelEnabled = enabled;
    });
  }

  async #toggleSession(): Promise<void> {
    const active = !this.#active;
    const toggle = () => (active ? this.#client.startSession('changing') : this.#client.stopSession('changing'));
    await this.#note(toggle, () => {
      this.#active = active;
    });
  }

  async #note(command: () => Promise<unknown>, becomes: () => void): Promise<void> {
    const from = monotonicNs();
    await command();
    becomes();
    this.history.add(from, monotonicNs(), { wanted: this.#rules.map((rules) => this.#wanted(rules)) });
  }

  #wanted({ all, odd }: { all: boolean; odd: boolean }): Wanted {
    if (!this.#active || !this.#channelEnabled) return 'none';
    return all ? 'all' : odd ? 'odd' : 'none';
  }
}

function rule(kind: number, odd: boolean) {
  return { pattern: `driven:k${kind}`, ...(odd && { filter: 'n & 1 == 1' }) };
}

/** Checks that every event is present exactly if the rules matched it, or is reported as discarded. */
function checkChanging({ outputs, history, eventsDiscarded }: Run, reference: DrivenTrace): void {
  const changing = readDrivenTrace(outputs.changing);
  const judged = { recorded: 0, absent: 0, either: 0 };
  let missing = 0;
  let untold = 0;
  for (let thread = 0; thread < THREADS; thread++) {
    const { numbers, times } = reference.threads[thread]!;
    const isTold = tellsOfDiscarded(changing.threads[thread]!);
    const recorded = changing.threads[thread]!.numbers;
    expect(
      recorded.every((n, i) => i === 0 || n > (recorded[i - 1] as number)),
      'twice, or out of order',
    ).toBe(true);
    const verdict = history.verdicts();
    let at = 0;
    for (let i = 0; i < numbers.length; i++) {
      const n = numbers[i] as number;
      const isThere = recorded[at] === n;
      if (isThere) at += 1;
      const expected = verdict(n % KINDS, n, times[i] as number, times[i + 1] ?? Number.POSITIVE_INFINITY);
      judged[expected] += 1;
      if (expected === 'recorded' && !isThere) {
        missing += 1;
        if (!isTold(times[i] as number) && untold++ < UNTOLD_SHOWN_MAX) {
          process.stderr.write(`random-commands: event ${n} of thread ${thread} is missing, at ${times[i]}\n`);
        }
      }
      if (expected === 'absent' && isThere) expect.unreachable(`event ${n} of thread ${thread} was not wanted`);
    }
    expect(at, 'an event that was never emitted').toBe(recorded.length);
  }
  process.stderr.write(
    `random-commands: ${judged.recorded} events had to be recorded, ${judged.absent} had not, ${judged.either} might; ` +
      `${missing} missing, ${eventsDiscarded} discarded, of which the trace tells ${changing.eventsDiscarded}\n`,
  );
  expect(untold, 'events that are missing at times at which the trace tells of none').toBe(0);
  // Events discarded during a command, or dropped by a clear, are not required.
  expect(missing).toBeLessThanOrEqual(eventsDiscarded);
  // Otherwise the test proves nothing.
  expect(judged.recorded).toBeGreaterThan(judged.either / 4);
  expect(judged.absent).toBeGreaterThan(judged.either / 4);
}

/**
 * Returns for one missing event after another, in the order of time, whether a thread's data streams report it as
 * discarded then. A packet taken from an open sub-buffer ends with its last record and reports later discarded events,
 * up to the next record. No packet can report the number before the first packet.
 */
function tellsOfDiscarded({ times, discarded }: DrivenThread): (time: number) => boolean {
  const spans = discarded.map(({ from, to, count }) => {
    const next = times[lastAtOrBefore(times, to) + 1] ?? Number.POSITIVE_INFINITY;
    return { from, to: next, left: count };
  });
  const first = times[0] ?? Number.POSITIVE_INFINITY;
  let at = 0;
  return (time) => {
    while (at < spans.length && (spans[at] as { to: number }).to < time) at += 1;
    for (let i = at; i < spans.length; i++) {
      const span = spans[i] as (typeof spans)[number];
      if (span.from > time) break;
      if (span.left === 0) continue;
      span.left -= 1;
      return true;
    }
    return time < first;
  };
}

/** Checks that a snapshot has the newest events before its request, without an unreported gap. */
function checkSnapshot({ path, askedAt }: Snapshot, reference: DrivenTrace): void {
  const snapshot = readDrivenTrace(path);
  let holes = 0;
  for (let thread = 0; thread < THREADS; thread++) {
    const { numbers } = snapshot.threads[thread]!;
    const emitted = reference.threads[thread]!;
    const lastBefore = emitted.numbers[lastAtOrBefore(emitted.times, askedAt)];
    if (lastBefore === undefined) continue;
    const where = `thread ${thread} in ${path}`;
    expect(numbers.length, where).toBeGreaterThan(0);
    // A record may be committed after a clock reading from before.
    expect(numbers.at(-1), where).toBeGreaterThanOrEqual(lastBefore - 1);
    const steps = numbers.slice(1).map((n, i) => n - (numbers[i] as number));
    expect(
      steps.findIndex((step) => step < 1),
      `${where}: twice, or out of order`,
    ).toBe(-1);
    holes += steps.filter((step) => step > 1).length;
  }
  expect(holes, path).toBeLessThanOrEqual(snapshot.packetsLost + snapshot.eventsDiscarded);
}

/** Index of the last time that is not after `time`; −1 if all are. */
function lastAtOrBefore(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Babeltrace 2 reads every chunk and every snapshot (of long runs, a sample). */
function checkWithPeer({ outputs, snapshots }: Run): void {
  if (babeltrace2 === undefined) return;
  const archives = join(outputs.changing, 'archives');
  const chunks = existsSync(archives) ? readdirSync(archives).map((name) => join(archives, name)) : [];
  const paths = [join(outputs.changing, 'ust'), ...chunks, ...snapshots.map(({ path }) => path)].filter(existsSync);
  const step = Math.max(1, Math.floor(paths.length / CLOSE_LOOKS_MAX));
  for (let i = 0; i < paths.length; i += step) {
    const { status, stderr } = spawnSync(babeltrace2, ['--output-format=dummy', paths[i] as string], {
      encoding: 'utf8',
    });
    expect(status, `${paths[i]}: ${stderr}`).toBe(0);
  }
}
