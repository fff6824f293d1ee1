/** A session daemon of root that records one user's program, attackers of other users, and the checks afterwards. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { SessionDaemonClient } from '@ringtail/ctl';
import { expect, onTestFinished } from 'vitest';
import {
  type Ended,
  isRoot,
  isRunning,
  makeSandbox,
  pause,
  REGISTER_URL,
  ringtail,
  type Sandbox,
  until,
} from '../e2e/harness.ts';
import { requirePeer } from '../peers.ts';

const SESSIOND = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));

/** The tracing group of these tests, which exists on every system. */
const GROUP = 'daemon';
/** Users without an entry in the user database, different in each process, so that their files are found by number. */
const USERS_FROM = 420_000_000 + process.pid * 4;
const WITNESS_USER = USERS_FROM;
export const ATTACKERS = [USERS_FROM + 1, USERS_FROM + 2] as const;
const EVENTS_A_SECOND = 1000;

/** A limit for hangs. */
const SETTLE_MS = 60_000;
/** Noise of a used heap, which does not shrink at once. Larger growth is memory kept for attackers who have gone. */
const MEMORY_KEPT_BYTES = 128 * 2 ** 20;
/** Log messages of failures in the daemon itself, which no peer may cause. */
const OWN_FAILURE =
  /\b(error failed: |a command failed: |the consumer (has gone|has done nothing|sent nonsense)|(Type|Range|Reference|Syntax|Assertion)Error\b|\bat .*\.m?js:\d+)/;

const babeltrace2 = requirePeer('babeltrace2', 'the trace of a program that was recorded during an attack');

/** Whether other users can run programs: they cannot if the tree is in a directory of root. */
export const canAttack = isRoot && readableByOthers(SESSIOND) && readableByOthers(process.execPath);
if (!canAttack) {
  process.stderr.write('NOT TESTED: attacks of other users (needs root, and a tree that others can read)\n');
}

function readableByOthers(path: string): boolean {
  for (let at = path; at !== '/'; at = dirname(at)) {
    if ((statSync(at).mode & (at === path ? 0o004 : 0o001)) === 0) return false;
  }
  accessSync(path, constants.R_OK);
  return true;
}

/** Report of an attacking program at its end. */
interface AttackReport {
  /** Sentences about attacks without an answer and connections that ended without a reason. */
  readonly problems: readonly string[];
  readonly [count: string]: unknown;
}

interface Use {
  readonly descriptors: number;
  readonly memoryBytes: number;
}

/** Present memory and descriptors of a process. */
export function useOf(pid: number): Use {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return { descriptors: readdirSync(`/proc/${pid}/fd`).length, memoryBytes: Number(kibibytes) * 1024 };
}

/** Additional options of the daemon. */
export interface DaemonOptions {
  readonly options?: readonly string[];
  readonly env?: (directory: string) => NodeJS.ProcessEnv;
}

export class AttackedDaemon {
  readonly directory: string;
  readonly runDirectory: string;
  /** Files of root and of the witness whose paths the attackers know. */
  readonly bait: string;
  /** Root's session, which records all events. */
  readonly output: string;
  readonly client: SessionDaemonClient;
  readonly consumerPid: number;
  readonly #sandbox: Sandbox;
  readonly #witness: ChildProcess;
  readonly #baitBefore: string;
  /** Users of recorded programs. */
  readonly #recorded: number[] = [WITNESS_USER];
  #before: { readonly daemon: Use; readonly consumer: Use } | undefined;

  private constructor(parts: {
    sandbox: Sandbox;
    bait: string;
    client: SessionDaemonClient;
    consumer: number;
    witness: ChildProcess;
  }) {
    this.#sandbox = parts.sandbox;
    this.directory = parts.sandbox.directory;
    this.runDirectory = join(this.directory, 'run');
    this.output = outputIn(this.directory);
    this.bait = parts.bait;
    this.client = parts.client;
    this.consumerPid = parts.consumer;
    this.#witness = parts.witness;
    this.#baitBefore = listingOf(parts.bait);
  }

  /** Starts a daemon with a session `all` that records all events, and a running program of another user. */
  static async open(more: DaemonOptions = {}): Promise<AttackedDaemon> {
    const sandbox = makeSandbox();
    const { directory } = sandbox;
    chmodSync(directory, 0o711);
    for (const uid of [0, WITNESS_USER, ...ATTACKERS]) {
      mkdirSync(homeIn(directory, uid), { mode: 0o700 });
      chownSync(homeIn(directory, uid), uid, groupId());
    }
    await startDaemon(sandbox, more);
    const client = await SessionDaemonClient.connect({ runDirectory: join(directory, 'run') });
    onTestFinished(() => client.close());
    await client.createSession({ name: 'all', output: outputIn(directory) });
    await client.enableEvent('all', { pattern: '*' });
    await client.startSession('all');
    const witness = await startWitness(sandbox, WITNESS_USER);
    const { consumerPid } = await client.daemonStatus();
    return new AttackedDaemon({ sandbox, bait: makeBait(), client, consumer: consumerPid as number, witness });
  }

  get daemonPid(): number {
    return this.client.daemonPid;
  }

  /** Runs `ringtail WORDS` as root. */
  asRoot(words: readonly string[]): Promise<Ended> {
    return ringtail(this.#sandbox, ['--no-sessiond', ...words], { RINGTAIL_RUNDIR: this.runDirectory });
  }

  homeOf(uid: number): string {
    return homeIn(this.directory, uid);
  }

  /** Starts another program of the user that emits events. It ends with the test. */
  async record(uid: number): Promise<void> {
    await startWitness(this.#sandbox, uid);
    this.#recorded.push(uid);
  }

  /** Starts a program of `programs` as the user, who is a member of the tracing group. */
  start(uid: number, program: string, ...args: readonly string[]): ChildProcess {
    return startAs(this.#sandbox, uid, [join(PROGRAMS, program), ...args]);
  }

  /** Runs an attacking program to its end and returns its report. Problems in the report fail the test. */
  async attack(uid: number, program: string, seed: number, count: number): Promise<AttackReport> {
    const args = [this.runDirectory, this.homeOf(uid), this.bait, String(seed), String(count)];
    const child = this.start(uid, program, ...args);
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
      });
    }
    const [code] = (await once(child, 'close')) as [number];
    expect([code, text.stderr], `${program} ${args.join(' ')}`).toEqual([0, '']);
    const report = JSON.parse(text.stdout.trimEnd().split('\n').at(-1) as string) as AttackReport;
    process.stderr.write(`attack: ${program}: ${JSON.stringify(report)}\n`);
    expect(report.problems, this.#troublesInLog().join('\n')).toEqual([]);
    return report;
  }

  /**
   * Notes what the daemons use now. To be called after a first, small attack: by then traces of the attackers are open,
   * and code that is used has been compiled. Waits for the first packet of every program that is recorded: the consumer
   * opens a data stream's files with it.
   */
  async noteUse(): Promise<void> {
    await until(() => this.#recorded.every((uid) => existsSync(join(traceOf(this.output, uid), 'channel0_0'))));
    // The consumer daemon answers once it has opened all files of that packet.
    await this.client.sessionStatistics('all');
    this.#before = { daemon: useOf(this.daemonPid), consumer: useOf(this.consumerPid) };
  }

  /** Destroys sessions of attackers who have gone. The daemon may still carry out their last requests. */
  async destroyOtherSessions(): Promise<void> {
    for (let others = 1; others > 0; ) {
      await pause(1000);
      const names = (await this.client.listSessions()).map(({ name }) => name).filter((name) => name !== 'all');
      others = names.length;
      // Such a request may destroy it first.
      await Promise.allSettled(names.map((name) => this.client.destroySession(name)));
    }
  }

  /** Checks after the attack that everything is as before and that the witness has lost no event. Ends the session. */
  async judge(): Promise<void> {
    await this.#settle();
    const status = await this.client.daemonStatus();
    expect(status).toMatchObject({ pid: this.daemonPid, consumerPid: this.consumerPid, consumerRestarts: 0 });
    this.#witness.stdin?.end();
    const [said] = (await once(this.#witness.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    await this.client.destroySession('all');
    expect(this.#troublesInLog()).toEqual([]);
    const emitted = Number(/emitted (\d+)/.exec(said.toString())?.[1]);
    expect(emitted).toBeGreaterThan(0);
    const loss = await witnessLoss(this.output, emitted);
    process.stderr.write(`attack: another user's program: ${emitted} events, ${emitted - loss.read} lost\n`);
    expect(loss).toEqual({ emitted, read: emitted, outOfOrder: 0, warnings: '' });
    this.#expectNothingElsewhere();
  }

  /** Checks that files of other users are unchanged and that public places have no files of the attackers. */
  #expectNothingElsewhere(): void {
    expect(listingOf(this.bait)).toBe(this.#baitBefore);
    const ofAttackers = ATTACKERS.flatMap((uid, at) => [...(at === 0 ? [] : ['-o']), '-uid', String(uid)]);
    // No deeper, since mounts of other tests may never answer. `find` complains about files that vanish meanwhile.
    const places = ['/', '/run', '/dev/shm', '-xdev', '-maxdepth', '2'];
    const found = spawnSync('find', [...places, '(', ...ofAttackers, ')', '-print'], { encoding: 'utf8' });
    expect(found.stdout).toBe('');
  }

  /** Lines of the log about failures in a daemon itself. */
  #troublesInLog(): string[] {
    const log = readFileSync(join(this.directory, 'stderr'), 'utf8');
    return log.split('\n').filter((line) => OWN_FAILURE.test(line));
  }

  async #settle(): Promise<void> {
    const before = this.#before;
    if (before === undefined) return;
    const limit = performance.now() + SETTLE_MS;
    for (;;) {
      const now = { daemon: useOf(this.daemonPid), consumer: useOf(this.consumerPid) };
      const isSettled = (['daemon', 'consumer'] as const).every(
        (name) =>
          now[name].descriptors <= before[name].descriptors &&
          now[name].memoryBytes <= before[name].memoryBytes + MEMORY_KEPT_BYTES,
      );
      if (isSettled || performance.now() > limit) {
        process.stderr.write(`attack: before ${JSON.stringify(before)}, after ${JSON.stringify(now)}\n`);
        expect(isSettled, `memory and descriptors, ${SETTLE_MS} ms after the attack`).toBe(true);
        return;
      }
      await pause(100);
    }
  }
}

/** Events that babeltrace2 does not find in the witness's trace; none without babeltrace2. */
async function witnessLoss(output: string, emitted: number) {
  if (babeltrace2 === undefined) return { emitted, read: emitted, outOfOrder: 0, warnings: '' };
  const trace = traceOf(output, WITNESS_USER);
  // The text of an hour exceeds the longest string.
  const { stdout, stderr } = spawn(babeltrace2, [trace], { stdio: ['ignore', 'pipe', 'pipe'] });
  const warnings = text(stderr);
  let [read, outOfOrder, newest] = [0, 0, -1];
  for await (const line of createInterface({ input: stdout })) {
    const index = Number(/\bindex = (\d+)/.exec(line)?.[1] ?? Number.NaN);
    if (Number.isNaN(index)) continue;
    if (index <= newest) outOfOrder++;
    newest = index;
    read++;
  }
  return { emitted, read, outOfOrder, warnings: await warnings };
}

/** Checks that babeltrace2 reads a whole directory without a message. */
export function expectReadable(directory: string): void {
  if (babeltrace2 === undefined) return;
  const { status, stderr } = spawnSync(babeltrace2, ['--output-format=dummy', directory], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

function traceOf(output: string, uid: number): string {
  return join(output, 'ust', 'uid', String(uid), '64-bit');
}

function outputIn(directory: string): string {
  return join(directory, 'traces', 'all');
}

function homeIn(directory: string, uid: number): string {
  return join(directory, `home-${uid}`);
}

async function startDaemon({ directory, env }: Sandbox, more: DaemonOptions): Promise<void> {
  // The log is bounded; after a long attack its beginning is gone.
  const stderr = openSync(join(directory, 'stderr'), 'w');
  const args = [SESSIOND, '--rundir', join(directory, 'run'), '--group', GROUP, '--log-stderr', '--ready-fd', '3'];
  const words = [...args, ...(more.options ?? [])];
  const child = spawn(process.execPath, words, {
    env: { ...env, ...more.env?.(directory) },
    stdio: ['ignore', 'ignore', stderr, 'pipe'],
  });
  closeSync(stderr);
  await once(child.stdio[3] as NodeJS.ReadableStream, 'data');
}

/** Returns once it has emitted its first event. */
async function startWitness(sandbox: Sandbox, uid: number): Promise<ChildProcess> {
  const args = ['--import', REGISTER_URL, join(PROGRAMS, 'witness.mjs'), String(EVENTS_A_SECOND)];
  const child = startAs(sandbox, uid, args);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

function startAs(sandbox: Sandbox, uid: number, args: readonly string[]): ChildProcess {
  const home = homeIn(sandbox.directory, uid);
  const env = {
    ...sandbox.env,
    HOME: home,
    RINGTAIL_HOME: home,
    RINGTAIL_RUNDIR: join(sandbox.directory, 'run'),
    TMPDIR: home,
  };
  const child = spawn(process.execPath, args, {
    env,
    cwd: home,
    stdio: ['pipe', 'pipe', 'pipe'],
    uid,
    gid: groupId(),
  });
  onTestFinished(() => {
    if (isRunning(child.pid as number)) child.kill('SIGKILL');
  });
  return child;
}

function groupId(): number {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${GROUP}:`));
  return Number(line?.split(':')[2]);
}

/** A directory of root outside of the sandbox, with files that only root may read or change. */
function makeBait(): string {
  const bait = mkdtempSync(join(tmpdir(), 'rt-bait-'));
  onTestFinished(() => rmSync(bait, { recursive: true }));
  chmodSync(bait, 0o755);
  writeFileSync(join(bait, 'secret'), 'secret', { mode: 0o600 });
  writeFileSync(join(bait, 'public'), 'public', { mode: 0o644 });
  mkdirSync(join(bait, 'private'), { mode: 0o700 });
  mkdirSync(join(bait, 'of-witness'), { mode: 0o700 });
  chownSync(join(bait, 'of-witness'), WITNESS_USER, groupId());
  return bait;
}

/** Everything below a directory with owner, mode, size and times. */
function listingOf(directory: string): string {
  const names = ['', ...(readdirSync(directory, { recursive: true }) as string[]).sort()];
  return names
    .map((name) => {
      const { mode, uid, gid, size, mtimeMs, ctimeMs } = lstatSync(join(directory, name));
      return [name, mode.toString(8), uid, gid, size, mtimeMs, ctimeMs].join(' ');
    })
    .join('\n');
}
