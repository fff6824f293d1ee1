/** Shared parts of the tests with real processes: sandboxes, running `ringtail`, and reading traces. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { requirePeer } from '../peers.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The `ringtail` command, for Node.js to run. */
export const RINGTAIL = join(ROOT, 'packages', 'cli', 'bin', 'ringtail.mjs');
/** Of each output of a process, at the failure of its test. */
const SHOWN_CHARACTERS = 500;
const READ_OUTPUT_BYTES_MAX = 1024 ** 3;

/** A program of `testing/e2e/programs`. */
export function program(name: string): string {
  return join(ROOT, 'testing', 'e2e', 'programs', name);
}

const babeltrace2 = requirePeer('babeltrace2', 'traces of real processes, by another reader');
export const isRoot = process.getuid?.() === 0;

/** Restores the default limits, for a program whose daemon does not answer: see `vitest.config.ts`. */
export const IMPATIENT = { RINGTAIL_REGISTER_TIMEOUT: undefined };

/** A directory for one test, with a home and a place for run directories; removed after the test. */
export interface Sandbox {
  readonly directory: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function makeSandbox(): Sandbox {
  const directory = mkdtempSync(join(tmpdir(), 'rt-'));
  onTestFinished(async () => {
    await endDaemonsBelow(directory);
    rmSync(directory, { recursive: true, force: true });
  });
  const home = join(directory, 'home');
  const temporary = join(directory, 'tmp');
  mkdirSync(home);
  mkdirSync(temporary);
  const { NODE_OPTIONS: _, RINGTAIL_RUNDIR: __, XDG_RUNTIME_DIR: ___, NO_COLOR: ____, ...env } = process.env;
  return { directory, home, env: { ...env, RINGTAIL_HOME: home, TMPDIR: temporary } };
}

/** A sandbox with a named run directory, in which `create` starts a daemon; it ends with the test. */
export function sandboxWithDaemon(): Sandbox {
  const base = makeSandbox();
  return { ...base, env: { ...base.env, RINGTAIL_RUNDIR: join(base.directory, 'run') } };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of a test; killed after the test if it still runs. */
export class Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #stdout: Buffer[] = [];
  #stderr = '';

  constructor(command: string, args: readonly string[], env: Sandbox['env'], cwd?: string) {
    const child = spawn(command, args, { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'], cwd });
    this.process = child;
    child.stdout.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    // After a write to a process that has gone, the test sees the end of the process.
    child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.#stderr }));
    });
    onTestFinished(({ task }) => {
      if (task.result?.state === 'fail') console.error(this.#situation([command, ...args]));
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    });
  }

  /** What a reader of a failed test wants to know of it. */
  #situation(words: readonly string[]): string {
    const { exitCode, signalCode } = this.process;
    const state = exitCode === null && signalCode === null ? 'still runs' : `ended (${exitCode ?? signalCode})`;
    const ends = [this.stdout, this.#stderr].map((text) => text.slice(-SHOWN_CHARACTERS));
    return `${this.pid} ${words.join(' ')}: ${state}\nstdout ends in:\n${ends[0]}\nstderr ends in:\n${ends[1]}`;
  }

  get pid(): number {
    return this.process.pid as number;
  }

  get stdoutBytes(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  get stdout(): string {
    return this.stdoutBytes.toString('utf8');
  }

  get stderr(): string {
    return this.#stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Waits until standard output holds the pattern, and returns the match. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        const { code, signal } = await this.ended;
        const last = pattern.exec(this.stdout);
        if (last !== null) return last;
        throw new Error(`ended (${code ?? signal}) without saying ${pattern}:\n${this.stdout}\n${this.#stderr}`);
      }
      await pause(5);
    }
  }
}

/** Starts `ringtail ARGS`. */
export function startRingtail(sandbox: Sandbox, args: readonly string[], env: Sandbox['env'] = {}): Running {
  return new Running(process.execPath, [RINGTAIL, ...args], { ...sandbox.env, ...env }, sandbox.directory);
}

/** Runs `ringtail ARGS` to its end. */
export function ringtail(sandbox: Sandbox, args: readonly string[], env: Sandbox['env'] = {}): Promise<Ended> {
  return startRingtail(sandbox, args, env).ended;
}

/** Runs `ringtail WORDS`, which has to succeed without errors. @returns its output */
export async function succeed(sandbox: Sandbox, ...words: string[]): Promise<string> {
  const ended = await ringtail(sandbox, words);
  expect([words, ended.stderr, ended.code]).toEqual([words, '', 0]);
  return ended.stdout;
}

/** The same for its result as JSON. */
export async function resultOf<T>(sandbox: Sandbox, ...words: string[]): Promise<T> {
  return JSON.parse(await succeed(sandbox, ...words, '--output-format=json')) as T;
}

/** Starts a Node.js program without a preloaded tracer. */
export function startNode(sandbox: Sandbox, args: readonly string[], env: Sandbox['env'] = {}): Running {
  return new Running(process.execPath, args, { ...sandbox.env, ...env }, sandbox.directory);
}

/** Location of the tracer's preload module, for `--import`. */
export const REGISTER_URL = import.meta.resolve?.('@ringtail/tracer/register') ?? '@ringtail/tracer/register';

export interface Summary {
  readonly trace: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly eventsRecorded: number;
  readonly eventsDiscarded: number;
  readonly eventsLost: number;
  readonly eventsFailed: number;
  readonly bytes: number;
  readonly dataStreams: number;
  readonly cutShort: string | null;
  readonly survivors: readonly number[];
  readonly troubles: readonly string[];
  readonly explanation?: string;
}

/** The summary of `record --output-format=json`: the last line of standard error. */
export function summaryOf(ended: Ended): Summary {
  const line = ended.stderr.trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{"trace"')) throw new Error(`no summary in standard error:\n${ended.stderr}`);
  return JSON.parse(line) as Summary;
}

/** Records a command into a new trace directory. @returns its end, its summary and the trace */
export async function record(
  sandbox: Sandbox,
  command: readonly string[],
  options: readonly string[] = [],
): Promise<{ ended: Ended; summary: Summary; trace: string }> {
  const trace = join(sandbox.directory, 'trace');
  const ended = await ringtail(sandbox, ['record', '-o', trace, '--output-format=json', ...options, '--', ...command]);
  return { ended, summary: summaryOf(ended), trace };
}

/** One event of a trace. */
export interface TracedEvent {
  readonly name: string;
  /** Text of the line after the name: contexts and fields. */
  readonly fields: string;
}

/**
 * The events of a trace in order, from Ringtail's reader.
 *
 * If babeltrace2 is installed, it reads the trace too and has to print the same text.
 */
export function eventsOf(sandbox: Sandbox, trace: string): TracedEvent[] {
  const { events, warnings } = eventsAndWarningsOf(sandbox, trace);
  expect(warnings).toBe('');
  return events;
}

/** The numbers of events whose program numbers them, in a field `index`. */
export function indexesOf(events: readonly TracedEvent[]): number[] {
  return events.map(({ fields }) => Number(/\bindex = (\d+)/.exec(fields)?.[1]));
}

/** The same for a trace that may lack events, with the reader's messages about that. */
export function eventsAndWarningsOf(sandbox: Sandbox, trace: string): { events: TracedEvent[]; warnings: string } {
  const { text, warnings } = textAndWarningsOf(sandbox, trace);
  return { events: linesOf(text).map(parseEvent), warnings };
}

/** Times of a trace's events, in nanoseconds since the Unix epoch. */
export function timestampsOf(sandbox: Sandbox, trace: string): bigint[] {
  const { text } = textAndWarningsOf(sandbox, trace, '--clock-seconds');
  return linesOf(text).map((line) => {
    const [, seconds, nanoseconds] = /^\[(\d+)\.(\d{9})\]/.exec(line) ?? [];
    return BigInt(`${seconds}${nanoseconds}`);
  });
}

/** The same as text: a line for each event. */
export function textAndWarningsOf(
  sandbox: Sandbox,
  trace: string,
  ...options: readonly string[]
): { text: string; warnings: string } {
  const own = spawnSync(
    process.execPath,
    [RINGTAIL, 'view', '--warnings=all', ...options, trace],
    readOptions(sandbox),
  );
  expect(own.status, own.stderr).toBe(0);
  if (babeltrace2 !== undefined) {
    // Only standard output is compared. babeltrace2 reports guesses and discarded events on standard error.
    const peer = spawnSync(babeltrace2, [...options, trace], readOptions(sandbox));
    expect(peer.status, peer.stderr).toBe(0);
    expectSameText(own.stdout, peer.stdout);
  }
  return { text: own.stdout, warnings: own.stderr };
}

function readOptions({ env }: Sandbox) {
  return { env: { ...env }, encoding: 'utf8', maxBuffer: READ_OUTPUT_BYTES_MAX } as const;
}

/** Compares line by line, since a difference of two texts of many megabytes cannot be read. */
export function expectSameText(own: string, peer: string): void {
  if (own === peer) return;
  const ownLines = own.split('\n');
  const peerLines = peer.split('\n');
  const at = ownLines.findIndex((line, index) => line !== peerLines[index]);
  expect({ line: at, text: ownLines[at] }).toEqual({ line: at, text: peerLines[at] });
  expect(ownLines.length).toBe(peerLines.length);
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function parseEvent(line: string): TracedEvent {
  const match = /^\[[\d:]+\.\d{9}\] \(\+[^)]*\) (?:\S+ )?([^\s:]+:[^\s:]+): (.*)$/.exec(line);
  if (match === null) throw new Error(`not an event: ${line}`);
  const [, name, fields] = match as unknown as [string, string, string];
  return { name, fields };
}

/** Process ids of the children of a process. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => parentOf(child) === pid);
}

/** The consumer daemons of a session daemon, which has helper processes as well. */
export function consumersOf(daemon: number): number[] {
  return childrenOf(daemon).filter((pid) => commandLineOf(pid)[1]?.includes('consumerd'));
}

function parentOf(pid: number): number | undefined {
  const parent = statOf(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/** Clock ticks of `/proc/PID/stat`: 100 a second on Linux. */
const TICK_MS = 10;

/** CPU time of a process so far; 0 once it has gone. */
export function cpuMsOf(pid: number): number {
  const [user, system] = statOf(pid)?.slice(11, 13) ?? [];
  return (Number(user ?? 0) + Number(system ?? 0)) * TICK_MS;
}

/** The fields of `/proc/PID/stat` from the third, the state, on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The descendant of `ancestor` whose command line names a program of `testing/e2e/programs`. */
export function findProgram(name: string, ancestor: number): number {
  const pending = [ancestor];
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    const words = commandLineOf(pid);
    // Not ringtail itself, whose command line also names the program.
    if (words.includes(program(name)) && words[0] === process.execPath && words[1] !== RINGTAIL) return pid;
    pending.push(...childrenOf(pid));
  }
  throw new Error(`${name} does not run`);
}

function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** The session daemon that `create` or `record` with this environment started. */
export function sessionDaemonOf(sandbox: Sandbox): number {
  const [pid] = [sandbox.directory, sandbox.env.TMPDIR as string].flatMap(daemonsBelow);
  if (pid === undefined) throw new Error('no session daemon runs');
  return pid;
}

/** Session daemons by the process-id files in the run directories of a directory. */
function daemonsBelow(directory: string): number[] {
  return readdirSync(directory)
    .map((name) => join(directory, name, 'sessiond.pid'))
    .filter((file) => existsSync(file))
    .map((file) => Number.parseInt(readFileSync(file, 'utf8'), 10))
    .filter(isRunning);
}

/** Ends the daemons of a sandbox that `create` left running, or a killed `record`. */
async function endDaemonsBelow(directory: string): Promise<void> {
  for (const pid of [...daemonsBelow(directory), ...daemonsBelow(join(directory, 'tmp'))]) {
    process.kill(pid, 'SIGTERM');
    await until(() => !isRunning(pid));
  }
}

/** Whether a process still runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== 'Z';
}

/** Waits until the condition holds, or until the test's time limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(20);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
