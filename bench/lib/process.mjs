// Child processes of the benchmarks. Each is waited for and prints JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * Runs a command to its end and returns its standard output.
 *
 * @throws {Error} with the end of its standard error when it fails
 */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text) => {
      output[name] += text;
    });
  }
  const [code, signal] = await once(child, 'close');
  if (code !== 0) {
    const said = (output.stderr || output.stdout).trim().slice(-2000);
    throw new Error(`${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${code}`}: ${said}`);
  }
  return output.stdout;
}

/**
 * Runs a command to its end without its output, and measures it: milliseconds on the clock, and of CPU with its
 * children.
 */
export async function costOf(command, args, options) {
  const script = `TIMEFORMAT='%R %U %S'; { time "$@" > /dev/null 2>&1; } 2>&1`;
  const [wall, user, system] = (await run('bash', ['-c', script, 'bash', command, ...args], options)).split(' ');
  return { wallMs: Number(wall) * 1000, cpuMs: (Number(user) + Number(system)) * 1000 };
}

export async function runJson(command, args, options) {
  return JSON.parse(await run(command, args, options));
}

/**
 * Starts a program that prints one line of JSON when it is ready and ends when its standard input does.
 *
 * @returns `ready`: the printed object; `pid`; `ask()`, which sends a line and gives the JSON of the answer; and
 *   `end()`
 */
export async function startUntilStdinEnds(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${command} ended before it answered`);
    return JSON.parse(value);
  };
  await once(child, 'spawn');
  return {
    ready: await answer(),
    pid: child.pid,
    ask: () => {
      child.stdin.write('\n');
      return answer();
    },
    end: async () => {
      child.stdin.end();
      await closed;
    },
  };
}

/** Ends a process that we started, and waits until it has ended. */
export async function terminate(pid, timeoutMs = 10_000) {
  const deadline = Date.now() + timeoutMs;
  try {
    process.kill(pid, 'SIGTERM');
    while (Date.now() < deadline) {
      process.kill(pid, 0);
      await sleep(20);
    }
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Descendants of a process. */
export function descendants(pid) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [];
  for (const wave = [pid]; wave.length > 0; ) {
    const parent = wave.pop();
    for (const [child, of] of parents) if (of === parent) wave.push(child) && found.push(child);
  }
  return found;
}

/** User and system CPU time that all threads of a process have used, in nanoseconds. */
export function cpuTimeNs(pid) {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  }
  return ns;
}
