/** Shared parts of tests with several users at one daemon of root. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, chownSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { isRoot, makeSandbox, program, RINGTAIL } from './harness.ts';

export const SESSIOND = fileURLToPath(import.meta.resolve('ringtail/sessiond'));

/** A group of every system, and two members that exist on no system. */
export const GROUP = 'daemon';
export const USERS = [54_321, 54_322] as const;

/** Whether other users can run the tested programs: they cannot if the tree is in a directory of root. */
export const othersCanRun = isRoot && readableByOthers(RINGTAIL) && readableByOthers(process.execPath);
if (!othersCanRun) {
  process.stderr.write(
    'NOT TESTED: sessions of several users at one daemon (needs root, and a tree that others can read)\n',
  );
}

function readableByOthers(path: string): boolean {
  for (let at = path; at !== '/'; at = join(at, '..')) {
    if ((statSync(at).mode & (at === path ? 0o004 : 0o001)) === 0) return false;
  }
  accessSync(path, constants.R_OK);
  return true;
}

export function groupId(name: string): number {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  return Number(line?.split(':')[2]);
}

/** Lines of a daemon's log that are shown if a test fails. */
const LOG_LINES_SHOWN = 20;

/** How a command of a user ended. */
export interface UsersCommand {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A daemon of root that serves the group, and a home for each user. */
export class SharedDaemon {
  readonly directory: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #gid = groupId(GROUP);
  readonly #descriptors: number | undefined;
  /** Processes that run at the end of the test. */
  readonly #unfinished: string[] = [];
  #pid = 0;
  #stop: () => Promise<void> = async () => {};

  /** @param descriptors the daemon's limit, which bounds its connections and rings */
  constructor({ descriptors }: { readonly descriptors?: number } = {}) {
    this.#descriptors = descriptors;
    const sandbox = makeSandbox();
    this.directory = sandbox.directory;
    chmodSync(this.directory, 0o711);
    this.#env = { ...sandbox.env, RINGTAIL_RUNDIR: join(this.directory, 'run') };
    // Before the directory is removed; hooks for failed tests come afterwards.
    onTestFinished(({ task }) => {
      if (task.result?.state !== 'fail') return;
      const log = this.log().trimEnd().split('\n').slice(-LOG_LINES_SHOWN);
      process.stderr.write(`not ended: ${this.#unfinished.join('; ')}\n${log.join('\n')}\n`);
    });
    for (const uid of USERS) {
      mkdirSync(this.homeOf(uid));
      chownSync(this.homeOf(uid), uid, this.#gid);
      chmodSync(this.homeOf(uid), 0o700);
    }
  }

  get runDirectory(): string {
    return join(this.directory, 'run');
  }

  /** Present memory of the daemon. */
  memoryBytes(): number {
    return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#pid}/status`, 'latin1'))?.[1]);
  }

  log(): string {
    return readFileSync(join(this.runDirectory, 'sessiond.log'), 'utf8');
  }

  /** Lets the user use up a share until the test has ended: see `programs/take-shares.mjs`. */
  async takeShare(
    uid: number,
    what: string,
    count: number,
  ): Promise<{ held: number; refusals: Record<string, number> }> {
    const args = [program('take-shares.mjs'), this.runDirectory, what, String(count)];
    const child = spawn(process.execPath, args, { uid, gid: this.#gid, stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' });
    const closed = once(child, 'close');
    let isReady = false;
    onTestFinished(async () => {
      if (!isReady) this.#unfinished.push(`take-shares.mjs ${what}`);
      child.kill('SIGKILL');
      await closed;
    });
    const ended = closed.then(([code, signal]) => {
      throw new Error(`take-shares.mjs ${what} has ended with ${signal ?? code}`);
    });
    const ready = once(createInterface(child.stdout), 'line') as Promise<[string]>;
    const [line] = await Promise.race([ready, ended]);
    isReady = true;
    return JSON.parse(line.replace('ready ', ''));
  }

  homeOf(uid: number): string {
    return join(this.directory, `home-${uid}`);
  }

  /** @param options of the daemon, in addition to its run directory and its group */
  async start(...options: readonly string[]): Promise<void> {
    const args = [SESSIOND, '--rundir', join(this.directory, 'run'), '--group', GROUP, '--ready-fd', '3', ...options];
    const limit = this.#descriptors === undefined ? '' : `ulimit -n ${this.#descriptors}; `;
    const child: ChildProcess = spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', process.execPath, ...args], {
      env: this.#env,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    this.#pid = child.pid ?? 0;
    const closed = once(child, 'close');
    this.#stop = async () => {
      child.kill('SIGTERM');
      await closed;
    };
    onTestFinished(this.#stop);
    await once(child.stdio[3] as NodeJS.ReadableStream, 'data');
  }

  /** Ends the daemon before the end of the test, and waits for its end. */
  async stop(): Promise<void> {
    await this.#stop();
  }

  /** Runs `node ARGS` as that user; 0 is root. */
  async run(uid: number, args: readonly string[]): Promise<UsersCommand> {
    const { process: child, ended } = this.begin(uid, args);
    child.stdin.end();
    return await ended;
  }

  /** Starts `node ARGS` as that user; ended with the test. */
  begin(
    uid: number,
    args: readonly string[],
  ): { process: ChildProcessWithoutNullStreams; ended: Promise<UsersCommand> } {
    const home = uid === 0 ? join(this.directory, 'home') : this.homeOf(uid);
    const child = spawn(process.execPath, args, {
      env: { ...this.#env, HOME: home, RINGTAIL_HOME: home },
      cwd: home,
      stdio: 'pipe',
      ...(uid !== 0 && { uid, gid: this.#gid }),
    });
    onTestFinished(() => {
      const isRunning = child.exitCode === null && child.signalCode === null;
      if (isRunning) this.#unfinished.push(`user ${uid}: ${args.join(' ')}`);
      child.kill('SIGKILL');
    });
    child.stdin.on('error', () => {});
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
      });
    }
    const ended = once(child, 'close').then(([code]) => ({ code, ...text }));
    return { process: child, ended };
  }

  ringtail(uid: number, ...args: string[]): Promise<UsersCommand> {
    return this.run(uid, [RINGTAIL, '--no-sessiond', ...args]);
  }
}
