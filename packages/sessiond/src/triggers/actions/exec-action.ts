import { type ChildProcess, spawn } from 'node:child_process';
import { printable, type TriggerReport } from '@ringtail/protocol';
import type { Owner } from '../../model/owner.ts';

/** The environment of programs, which is independent of the daemon's. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
/** Length of the end of a program's standard error, which is reported if the program fails. */
const STDERR_LENGTH_MAX = 512;

/** Exit codes of `nice` when it cannot run the program; it writes the reason to standard error. */
const LAUNCHER_FAILURES = [126, 127];

/** Runs programs for triggers, each in a process group of its own. */
export class ProgramRunner {
  readonly #running = new Set<ChildProcess>();

  /**
   * Runs a program as that user, without supplementary groups, in the root directory, with the report as JSON on
   * standard input. Its output is discarded, except the end of its standard error. The process has been started when
   * this returns.
   *
   * @throws {Error} if it cannot be started, fails, or is killed at the limit; its process group is killed with it,
   *   or when it ends
   */
  run(command: readonly string[], timeoutMs: number, owner: Owner, report: TriggerReport): Promise<void> {
    const [program = '', ...args] = command;
    // Node.js waits until the started file has been loaded, and the program may be on a file system that does not
    // answer.
    const child = spawn('nice', ['-n', '0', program, ...args], {
      cwd: '/',
      env: ENVIRONMENT,
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
      // Only root can become another user; libuv then drops the supplementary groups.
      ...(process.geteuid?.() === 0 && { uid: owner.uid, gid: owner.gid }),
    });
    this.#running.add(child);
    return new Promise<void>((resolve, reject) => {
      let errors = '';
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        killGroup(child);
      }, timeoutMs);
      const end = (failure: string | undefined) => {
        clearTimeout(timer);
        this.#running.delete(child);
        // Otherwise each occurrence could leave processes behind, without any limit.
        killGroup(child);
        // A process that has left the group may keep the pipes open for ever.
        child.stdin.destroy();
        child.stderr.destroy();
        if (failure === undefined) resolve();
        else reject(new Error(`${program} ${failure}`));
      };
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        errors = (errors + text).slice(-STDERR_LENGTH_MAX);
      });
      child.stderr.on('error', () => {});
      // A program need not read its standard input.
      child.stdin.on('error', () => {});
      child.stdin.end(`${JSON.stringify(report)}\n`);
      child.once('error', (error) => end(`cannot be run: ${error.message}`));
      child.once('exit', (code, signal) => {
        const said = printable(errors.trim(), STDERR_LENGTH_MAX);
        const words = said === '' ? '' : `: ${said}`;
        if (timedOut) end(`was killed after ${timeoutMs} ms${words}`);
        else if (code === 0) end(undefined);
        else if (LAUNCHER_FAILURES.includes(code ?? 0) && said.startsWith('nice:')) end(`cannot be run: ${said}`);
        else end(`ended with ${signal ?? `exit code ${code}`}${words}`);
      });
    });
  }

  /** Kills all running programs. */
  close(): void {
    for (const child of this.#running) killGroup(child);
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
