// The peer: C lttng-ust, built on the spot, traced by a real session daemon with a home of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuTimeNs, descendants, run, sleep, terminate } from './process.mjs';
import { streamFileBytes } from './trace-files.mjs';

const sources = fileURLToPath(new URL('../peers/lttng-ust/', import.meta.url));

// Root's session daemon would be the machine's. Another user's has its sockets in LTTNG_HOME, and touches no others.
const NOBODY = 65534;
const identity = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/**
 * Builds the peer and starts its session daemon.
 *
 * @returns `{ absent: reason }` when that is not possible
 */
export async function startLttng(parent) {
  const folder = join(parent, 'lttng');
  makeFor(folder);
  const program = join(folder, 'tick');
  const env = { PATH: process.env.PATH, LTTNG_HOME: folder, HOME: folder, LANG: 'C' };
  const options = { ...identity, env, cwd: folder };
  let version;
  try {
    version = (await run('lttng', ['--version'], options)).trim();
    await build('tick', program);
  } catch (error) {
    return { absent: String(error.message).split('\n')[0] };
  }
  const daemon = spawn('lttng-sessiond', ['--no-kernel'], { ...options, stdio: 'ignore' });
  const ended = once(daemon, 'close');
  const lttng = (...args) => run('lttng', ['--no-sessiond', ...args], options);
  try {
    await waitUntilItAnswers(lttng, daemon);
  } catch (error) {
    await terminate(daemon.pid);
    return { absent: error.message };
  }
  return new Lttng({ folder, program, options, daemon, ended, lttng, version });
}

async function build(name, program) {
  const libraries = ['-llttng-ust', '-ldl', '-lpthread'];
  await run('gcc', ['-O2', '-I', sources, '-o', program, join(sources, `${name}.c`), ...libraries]);
  chmodSync(program, 0o755);
}

async function waitUntilItAnswers(lttng, daemon) {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (daemon.exitCode !== null) throw new Error(`lttng-sessiond ended with ${daemon.exitCode}`);
    try {
      await lttng('list');
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error('lttng-sessiond does not answer');
}

/** Makes a directory that LTTng can write to. */
function makeFor(directory) {
  mkdirSync(directory, { recursive: true });
  if (identity.uid !== undefined) chownSync(directory, identity.uid, identity.gid);
}

class Lttng {
  #parts;
  #sessions = 0;

  constructor(parts) {
    this.#parts = parts;
    this.version = parts.version;
    this.program = parts.program;
    this.options = parts.options;
  }

  /**
   * Runs `use` while the provider's events, or those that `filter` selects, are recorded. Returns its result, the
   * files' size and the losses. With `snapshot` the session is a flight recorder: nothing reads the rings.
   */
  async record({ output, channel, snapshot = false, filter }, use) {
    const { lttng } = this.#parts;
    const name = `bench-${++this.#sessions}`;
    makeFor(output);
    await lttng('create', name, `--output=${output}`, ...(snapshot ? ['--snapshot'] : []));
    try {
      await lttng('enable-channel', '--userspace', `--session=${name}`, ...channel, 'channel0');
      const chosen = filter === undefined ? [] : [`--filter=${filter}`];
      await lttng('enable-event', '--userspace', `--session=${name}`, '--channel=channel0', 'bench:*', ...chosen);
      await lttng('start', name);
      const result = await use();
      await lttng('stop', name);
      const listing = await lttng('list', name, '--userspace');
      return {
        result,
        bytes: streamFileBytes(output),
        discarded: Number(/Discarded events: (\d+)/.exec(listing)?.[1] ?? 0),
      };
    } finally {
      await lttng('destroy', name);
      rmSync(output, { recursive: true, force: true });
    }
  }

  /**
   * Records `threads` threads of `mixed.c` without a loss: the threads wait for room.
   *
   * @returns the directory of the trace, which stays
   */
  async recordMixed(output, events, threads) {
    const { folder, lttng, options } = this.#parts;
    const program = join(folder, 'mixed');
    await build('mixed', program);
    const name = `bench-${++this.#sessions}`;
    makeFor(output);
    await lttng('create', name, `--output=${output}`);
    try {
      const room = ['--subbuf-size=1M', '--num-subbuf=8', '--blocking-timeout=inf'];
      await lttng('enable-channel', '--userspace', `--session=${name}`, ...room, 'channel0');
      await lttng('enable-event', '--userspace', `--session=${name}`, '--channel=channel0', 'mixed:*');
      await lttng('start', name);
      const env = { ...options.env, LTTNG_UST_ALLOW_BLOCKING: '1' };
      await run(program, [Math.ceil(events / threads), threads, 0].map(String), { ...options, env });
    } finally {
      await lttng('destroy', name);
    }
    return output;
  }

  tick(...args) {
    return run(this.program, args.map(String), this.options).then(JSON.parse);
  }

  /** CPU time of the consumer daemon so far, in nanoseconds. */
  consumerCpuTimeNs() {
    return descendants(this.#parts.daemon.pid).reduce((sum, pid) => sum + cpuTimeNs(pid), 0);
  }

  async close() {
    const { daemon, ended } = this.#parts;
    await terminate(daemon.pid);
    await ended;
  }
}
