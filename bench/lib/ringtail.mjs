// Ringtail: a session daemon in a private run directory, and programs that it records.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnDaemon } from '@ringtail/ctl';
import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { cpuTimeNs, descendants, runJson, terminate } from './process.mjs';
import { streamFileBytes } from './trace-files.mjs';

export const DEFAULTS = DEFAULT_CHANNEL;

/** Path of a program under test. */
export function programPath(name) {
  return fileURLToPath(new URL(`../programs/${name}`, import.meta.url));
}

/** Attributes of the channel and environment of the program for each variant of the clock. */
export const CLOCKS = {
  addon: { clock: 'monotonic', env: {} },
  tsc: { clock: 'tsc', env: {} },
  none: { clock: 'monotonic', env: { RINGTAIL_NO_CLOCK_ADDON: '1' } },
};

const NOTIFY = { kind: 'notify', ratePolicy: { every: 1 } };

export async function startRingtail(parent) {
  const runDirectory = join(parent, 'ringtail');
  mkdirSync(runDirectory, { recursive: true, mode: 0o700 });
  const env = { ...process.env, RINGTAIL_RUNDIR: runDirectory, RINGTAIL_HOME: runDirectory };
  const mainPath = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
  const { pid, client } = await spawnDaemon({ runDirectory, mainPath, env });
  return new Ringtail({ pid, client, env });
}

class Ringtail {
  #pid;
  #client;
  #sessions = 0;

  constructor({ pid, client, env }) {
    this.#pid = pid;
    this.#client = client;
    this.env = env;
  }

  /**
   * Runs `use` while the provider's events, or those that `filter` selects, are recorded. Returns its result, the
   * files' size and the losses.
   *
   * @throws {Error} when nothing was recorded: the numbers would be those of a disabled tracepoint
   */
  async record({ output, channels = [{}], clock = 'monotonic', filter }, use) {
    const client = this.#client;
    const name = `bench-${++this.#sessions}`;
    rmSync(output, { recursive: true, force: true });
    await client.createSession({ name, output, shmPath: null, clock });
    let statistics;
    try {
      for (const [index, attributes] of channels.entries()) {
        const channel = { ...DEFAULT_CHANNEL, name: `channel${index}`, ...attributes };
        await client.enableChannel(name, channel);
        await client.enableEvent(name, { pattern: 'bench:*', ...(filter && { filter }) }, channel.name);
      }
      await client.startSession(name);
      const result = await use();
      statistics = await client.stopSession(name);
      if (statistics.eventsRecorded === 0) throw new Error(`nothing was recorded: ${statistics.troubles.join('; ')}`);
      return { result, bytes: streamFileBytes(output), discarded: statistics.eventsDiscarded, statistics };
    } finally {
      await client.destroySession(name);
      rmSync(output, { recursive: true, force: true });
    }
  }

  /** Runs `use` with the client and the name of a new session, which is destroyed afterwards. */
  async session({ output, snapshot = false }, use) {
    const client = this.#client;
    const name = `bench-${++this.#sessions}`;
    rmSync(output, { recursive: true, force: true });
    await client.createSession({ name, output, snapshot });
    try {
      return await use(client, name);
    } finally {
      await client.destroySession(name);
      rmSync(output, { recursive: true, force: true });
    }
  }

  /** Runs `use` with the client. It has to undo what it changes. */
  withClient(use) {
    return use(this.#client);
  }

  /** Runs `use` while there is a trigger for each rule. Returns its result. */
  async withTriggers(rules, use) {
    const client = this.#client;
    const names = [];
    try {
      for (const rule of rules) {
        const condition = { kind: 'event-rule-matches', rule, captures: [] };
        names.push(await client.addTrigger({ name: null, condition, actions: [NOTIFY] }));
      }
      return await use();
    } finally {
      for (const name of names) await client.removeTrigger(name);
    }
  }

  /** Runs a program under test that prints JSON, registered with this daemon. */
  program(name, args, env = {}, nodeOptions = []) {
    const options = { env: { ...this.env, ...env } };
    return runJson(process.execPath, [...nodeOptions, programPath(name), ...args.map(String)], options);
  }

  tick(args, env) {
    return this.program('tick.mjs', args, env);
  }

  /** Process of the consumer daemon. */
  get consumerPid() {
    const [pid] = descendants(this.#pid);
    if (pid === undefined) throw new Error('no consumer daemon runs');
    return pid;
  }

  /** CPU time so far of the session daemon and of its consumer daemon, in nanoseconds. */
  cpuTimesNs() {
    const consumers = descendants(this.#pid);
    return {
      sessiond: cpuTimeNs(this.#pid),
      consumerd: consumers.reduce((sum, pid) => sum + cpuTimeNs(pid), 0),
    };
  }

  async close() {
    await this.#client.shutdown();
    this.#client.close();
    // It removes its files from the run directory before it ends.
    await terminate(this.#pid);
  }
}

/**
 * Compares the number of emitted events in discard mode with the sum of recorded and discarded events.
 *
 * @throws {Error} if they differ: then the measurement is worth nothing
 */
export function requireComplete({ result, statistics }) {
  const accounted = statistics.eventsRecorded + statistics.eventsDiscarded;
  if (accounted !== result.events)
    throw new Error(`${result.events} events were emitted, ${accounted} are accounted for`);
}

/** Runs a program under test without a session daemon. */
export function runUntraced(name, args, parent, nodeOptions = []) {
  const env = { ...process.env, RINGTAIL_RUNDIR: join(parent, 'no-daemon') };
  return runJson(process.execPath, [...nodeOptions, programPath(name), ...args.map(String)], { env });
}
