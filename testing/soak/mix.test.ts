/**
 * Hostile and normal use of one daemon of root in turns. Memory, descriptors and files must be flat.
 *
 * The suite has one turn of each; `npm run soak -- --minutes 60` is a full run.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_CHANNEL, EVERY_TIME } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { ATTACKERS, AttackedDaemon, canAttack, useOf } from '../attack/attacked-daemon.ts';
import { pause, until } from '../e2e/harness.ts';
import { type Sample, trendOf } from './trend.ts';

const MINUTES = Number(process.env.RINGTAIL_SOAK_MINUTES ?? 0);
const SEED = Number(process.env.RINGTAIL_SEED ?? 20_261_201);
const REPORT_HEAP = fileURLToPath(new URL('report-heap.mjs', import.meta.url));
const CONSUMER = fileURLToPath(new URL('consumer-with-heap-report.mjs', import.meta.url));

const CROWD = [
  'sessions',
  'declarations',
  'pipelined',
  'half-requests',
  'watchers',
  'drip',
  'log-flood',
  'half-frames',
];
const CROWD_MS = 5000;
/** A sample is taken once descriptors stay the same. */
const SETTLE_MS = 30_000;
const STEADY_LOOKS = 5;
const LOOK_MS = 200;
const REQUESTS = 300;
const DECLARATIONS = 100;

/** Growth that counts as noise: of a heap after a collection, of a process's memory, of counts. */
const BOUNDS: Readonly<Record<string, number>> = {
  heap: 4 * 2 ** 20,
  memory: 24 * 2 ** 20,
  descriptors: 2,
  files: 2,
};

describe.skipIf(!canAttack)('a daemon of root, after hostile and normal use in turns', () => {
  it(
    `has memory, descriptors and files as before, ${MINUTES} minutes, seed ${SEED}`,
    async () => {
      const soak = await Soak.open();
      // In the first two turns, code is compiled and permanent descriptors of the attackers' traces are opened.
      await soak.turn(0);
      await soak.turn(1);
      await soak.daemon.noteUse();
      soak.forgetSamples();
      for (let turn = 2; performance.now() < soak.endMs; turn++) await soak.turn(turn);
      soak.judge();
      await soak.daemon.judge();
    },
    300_000 + MINUTES * 90_000,
  );
});

class Soak {
  readonly daemon: AttackedDaemon;
  readonly endMs = performance.now() + MINUTES * 60_000;
  readonly #heaps: string;
  #descriptorsMin = Number.POSITIVE_INFINITY;
  readonly #samples = new Map<string, Sample[]>();

  private constructor(daemon: AttackedDaemon, heaps: string) {
    this.daemon = daemon;
    this.#heaps = heaps;
  }

  static async open(): Promise<Soak> {
    const daemon = await AttackedDaemon.open({
      options: ['--consumer', CONSUMER],
      env: (directory) => {
        const heaps = join(directory, 'heaps');
        mkdirSync(heaps);
        return { NODE_OPTIONS: `--import=${REPORT_HEAP}`, RINGTAIL_SOAK_HEAPS: heaps };
      },
    });
    return new Soak(daemon, join(daemon.directory, 'heaps'));
  }

  /** Both kinds of use at once, then a sample when both are over. */
  async turn(turn: number): Promise<void> {
    const kind = CROWD[turn % CROWD.length] as string;
    // The same in each round: declarations stay with the recording session, up to the user's share.
    const seed = SEED + (turn % CROWD.length);
    const crowd = this.daemon.start(ATTACKERS[1], 'crowd.mjs', kind, this.daemon.runDirectory, String(seed));
    const hostile = this.daemon.attack(
      ATTACKERS[0],
      turn % 2 === 0 ? 'requests.mjs' : 'declarations.mjs',
      seed,
      turn % 2 === 0 ? REQUESTS : DECLARATIONS,
    );
    const begin = performance.now();
    await this.#useNormally(turn);
    await pause(Math.max(0, begin + CROWD_MS - performance.now()));
    await hostile;
    crowd.stdin?.end();
    await until(() => crowd.exitCode !== null || crowd.signalCode !== null);
    await this.daemon.destroyOtherSessions();
    await this.#sample(kind);
  }

  /** A session with a program, and all commands on sessions. */
  async #useNormally(turn: number): Promise<void> {
    const { client, directory } = this.daemon;
    const session = `soak-${turn}`;
    const output = join(directory, session);
    const snapshot = turn % 3 === 2;
    await client.createSession({ name: session, output, snapshot });
    await client.enableChannel(session, { ...DEFAULT_CHANNEL, ownership: turn % 2 === 0 ? 'process' : 'user' });
    await client.enableEvent(session, { pattern: 'witness:*' }, DEFAULT_CHANNEL.name);
    const condition = { kind: 'event-rule-matches', rule: { pattern: `witness:step${turn}` }, captures: [] } as const;
    const trigger = await client.addTrigger({
      name: null,
      condition,
      actions: [{ kind: 'notify', ratePolicy: EVERY_TIME }],
    });
    await client.startSession(session);
    const programs = Array.from({ length: 3 }, () => this.daemon.start(ATTACKERS[1], 'witness.mjs', '500'));
    await pause(500 + ((SEED + turn * 7919) % 1000));
    if (snapshot) await client.recordSnapshot(session);
    else await client.rotateSession(session);
    await client.clearSession(session);
    await client.listApplications({ fields: true });
    for (const program of programs) program.stdin?.end();
    await until(() => programs.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null));
    await client.removeTrigger(trigger);
    await client.stopSession(session);
    await client.destroySession(session);
    rmSync(output, { recursive: true, force: true });
  }

  async #sample(kind: string): Promise<void> {
    const { daemonPid, consumerPid, runDirectory } = this.daemon;
    await this.#settled();
    const values: Record<string, number> = { files: readdirSync(runDirectory).length };
    for (const [name, pid] of Object.entries({ sessiond: daemonPid, consumerd: consumerPid })) {
      values[`heap of ${name}`] = await this.#heapOf(pid);
      const { memoryBytes, descriptors } = useOf(pid);
      values[`memory of ${name}`] = memoryBytes;
      values[`descriptors of ${name}`] = descriptors;
    }
    const atMs = performance.now();
    for (const [name, value] of Object.entries(values)) {
      const samples = this.#samples.get(name) ?? [];
      samples.push({ atMs, value });
      this.#samples.set(name, samples);
    }
    process.stderr.write(`soak: ${kind}: ${JSON.stringify(values)}\n`);
  }

  /** Waits until the crowd's connections are closed, which takes time on a busy machine. */
  async #settled(): Promise<void> {
    const limit = performance.now() + SETTLE_MS;
    let before = Number.NaN;
    for (let steady = 0; steady < STEADY_LOOKS && performance.now() < limit; ) {
      await pause(LOOK_MS);
      const { descriptors } = useOf(this.daemon.daemonPid);
      steady = descriptors === before && descriptors <= this.#descriptorsMin + 1 ? steady + 1 : 0;
      this.#descriptorsMin = Math.min(this.#descriptorsMin, descriptors);
      before = descriptors;
    }
  }

  /** The code of the first turn has been compiled by now. */
  forgetSamples(): void {
    this.#samples.clear();
  }

  async #heapOf(pid: number): Promise<number> {
    const file = join(this.#heaps, String(pid));
    rmSync(file, { force: true });
    process.kill(pid, 'SIGWINCH');
    await until(() => existsSync(file));
    return Number(readFileSync(file, 'utf8'));
  }

  judge(): void {
    for (const [name, samples] of this.#samples) {
      const { slope, growth, first, last } = trendOf(name, samples);
      const bound = BOUNDS[name.split(' ')[0] as string] as number;
      process.stderr.write(
        `soak: ${name}: ${samples.length} samples, from ${first} to ${last}; slope ${slope.toFixed(1)} an hour, ` +
          `growth ${growth.toFixed(1)}, bound ${bound}\n`,
      );
      // All are checked, even if one grows.
      expect.soft(growth, `growth of ${name}`).toBeLessThanOrEqual(bound);
    }
  }
}
