import {
  type ChildProcess,
  type ExecFileOptions,
  execFile,
  type SpawnOptions,
  spawn,
  spawnSync,
} from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run, systemContext } from '../../packages/cli/dist/index.js';
import { shellWords } from './words.ts';

export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One of the two tools, with a session daemon and a directory of its own. */
export interface Tool {
  readonly directory: string;
  /** Environment for programs of its session daemon. */
  readonly surroundings: Pick<SpawnOptions, 'uid' | 'gid' | 'env'>;
  run(line: string): Promise<Answer>;
  /** Settles when the session daemon has ended. */
  end(): Promise<void>;
}

const NOBODY = 65534;
/** A limit against hanging. */
const START_MS_MAX = 150_000;
const ATTEMPTS_MAX = 20;
const PAUSE_MS = 5;
const SESSIOND = fileURLToPath(import.meta.resolve('ringtail/sessiond'));

/** The real lttng. Root runs it as an unprivileged user, since root's daemon would serve the whole machine. */
export function startLttng(directory: string): Tool {
  const options = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  mkdirSync(directory, { recursive: true });
  if (options.uid !== undefined) chownSync(directory, NOBODY, NOBODY);
  const env = { ...process.env, LTTNG_HOME: directory, HOME: directory };
  const daemon = spawn('lttng-sessiond', ['--no-kernel'], { ...options, env, stdio: 'ignore' });
  // It opens its socket for commands last, after the one for notifications.
  const isReady = () => spawnSync('lttng', ['--no-sessiond', 'list'], { ...options, env }).status === 0;
  waitFor(isReady, 'lttng-sessiond');
  return tool(directory, { ...options, env }, daemon, async (words) => {
    // lttng 2.13.9 sometimes dies of SIGPIPE when its daemon refuses a command.
    for (let attempt = 1; ; attempt++) {
      // A new daemon in place of a dead one would never be ended.
      const answer = await execute('lttng', ['--no-sessiond', ...words], { ...options, env });
      if (answer.exitCode >= 0 || attempt === ATTEMPTS_MAX) return answer;
      // A race decides this, so an equally busy machine shows it again.
      await pause(attempt * PAUSE_MS);
    }
  });
}

function execute(command: string, words: readonly string[], options: ExecFileOptions): Promise<Answer> {
  return new Promise((resolve) => {
    const child = execFile(command, words, { ...options, encoding: 'utf8' }, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

/** Ringtail's command line runs in this process, which saves a process for each row. */
export function startRingtail(directory: string): Tool {
  mkdirSync(directory, { recursive: true });
  const runDirectory = join(directory, 'run');
  const env = { ...process.env, RINGTAIL_HOME: directory, RINGTAIL_RUNDIR: runDirectory };
  const daemon = spawn(process.execPath, [SESSIOND, '--no-kernel', '--rundir', runDirectory], { env, stdio: 'ignore' });
  waitFor(() => existsSync(join(runDirectory, 'client.sock')), 'the session daemon');
  return tool(directory, { env }, daemon, async (words) => {
    let stdout = '';
    let stderr = '';
    const { code } = await run(words, {
      ...systemContext(),
      env,
      cwd: directory,
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
    });
    return { exitCode: code, stdout, stderr };
  });
}

function tool(
  directory: string,
  surroundings: Tool['surroundings'],
  daemon: ChildProcess,
  run: (words: string[]) => Promise<Answer>,
): Tool {
  const ended = once(daemon, 'exit');
  return {
    directory,
    surroundings,
    run: (line) => run(shellWords(line).map((word) => word.replaceAll('OUT', directory))),
    async end() {
      daemon.kill('SIGTERM');
      await ended;
    },
  };
}

function waitFor(condition: () => boolean, what: string): void {
  const until = Date.now() + START_MS_MAX;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  while (!condition()) {
    if (Date.now() > until) throw new Error(`${what} did not start`);
    Atomics.wait(sleeper, 0, 0, 20);
  }
}
