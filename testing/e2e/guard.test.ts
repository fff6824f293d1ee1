/**
 * Programs that crash under `ringtail guard`: the trace exists, Babeltrace 2 reads it, and its last event is the last
 * acknowledged event of the program.
 *
 * RINGTAIL_KILLS is the number of crashes of each kind (by default few). RINGTAIL_SEED replays their moments.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';
import { expectNewest, expectRun } from './acknowledging.ts';
import {
  type Ended,
  eventsAndWarningsOf,
  eventsOf,
  findProgram,
  isRoot,
  makeSandbox,
  pause,
  program,
  type Running,
  type Sandbox,
  startRingtail,
  type TracedEvent,
  until,
} from './harness.ts';

const crashes = Number(process.env.RINGTAIL_KILLS ?? 1);
const seed = runSeed('guard');
const limit = { timeout: 180_000 + crashes * 60_000 };
/** Number of guards at once, since a guard mostly waits for processes to start. */
const AT_ONCE = 3;
const EVENTS_MAX = 3000;

interface GuardSummary {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly cause: string | null;
  readonly abortedBy: string | null;
  readonly exception: string | null;
  readonly snapshots: readonly {
    readonly reasons: readonly string[];
    readonly trace: string | null;
    readonly problem: string | null;
  }[];
  readonly missed: number;
  readonly lastEvents: readonly string[];
}

function startGuard(
  sandbox: Sandbox,
  output: string,
  command: readonly string[],
  options: readonly string[] = [],
): Running {
  return startRingtail(sandbox, ['guard', '-o', output, '--output-format=json', ...options, '--', ...command]);
}

function summaryOf({ stderr }: Ended): GuardSummary {
  const line = stderr.trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{"exitCode"')) throw new Error(`no summary in standard error:\n${stderr}`);
  return JSON.parse(line) as GuardSummary;
}

const crashing = (way: string, ...more: readonly string[]): string[] => ['node', program('crash.mjs'), way, ...more];

/** The numbers of the programs' own events. */
function indexesOf(events: readonly TracedEvent[]): number[] {
  const steps = events.filter(({ name }) => name === 'crash:step');
  return steps.map(({ fields }) => Number(/\bindex = (\d+)/.exec(fields)?.[1]));
}

function indexesIn(sandbox: Sandbox, trace: string): number[] {
  return indexesOf(eventsOf(sandbox, trace));
}

interface Kind {
  readonly what: string;
  readonly command: (events: number) => readonly string[];
  /** Ends it from outside. */
  readonly kill?: (guard: Running, random: SeededRandom) => Promise<void>;
  readonly ends: Partial<GuardSummary>;
  /** Name of the last event. */
  readonly last: string;
  /** Similar to another one, and only run with RINGTAIL_KILLS. */
  readonly isRare?: true;
}

const killed = (signal: string): Kind => ({
  what: `${signal} of its own`,
  command: (events) => crashing(signal, `${events}`),
  ends: { signal, exitCode: null, cause: 'signal' },
  last: 'crash:step',
});

async function killFromOutside(guard: Running, random: SeededRandom): Promise<void> {
  while (guard.stdoutBytes.length === 0) await pause(5);
  await pause(random.between(0, 60));
  process.kill(findProgram('acknowledge.mjs', guard.pid), 'SIGKILL');
}

const ALL_KINDS: readonly Kind[] = [
  killed('SIGKILL'),
  killed('SIGSEGV'),
  {
    what: 'process.abort()',
    command: (events) => crashing('abort', `${events}`),
    ends: { signal: 'SIGABRT', cause: 'signal', abortedBy: 'process.abort' },
    last: 'crash:step',
  },
  {
    what: 'SIGKILL from outside',
    command: () => [process.execPath, program('acknowledge.mjs'), 'crash', 'for-ever'],
    kill: killFromOutside,
    ends: { signal: 'SIGKILL', cause: 'signal' },
    last: 'crash:step',
  },
  {
    what: 'an uncaught exception',
    command: (events) => crashing('exception', `${events}`),
    ends: { exitCode: 1, cause: 'exception', exception: expect.stringMatching(/^Error: boom\n {4}at /) },
    last: 'ringtail_process:exit',
  },
  {
    what: 'a rejection that nobody handles',
    command: (events) => crashing('rejection', `${events}`),
    ends: { exitCode: 1, cause: 'exception', exception: expect.stringContaining('nobody caught this') },
    last: 'ringtail_process:exit',
    isRare: true,
  },
  {
    what: 'an exit code',
    command: (events) => crashing('exit', `${events}`),
    ends: { exitCode: 3, cause: 'exit-code', exception: null },
    last: 'ringtail_process:exit',
  },
  {
    what: "the limit of V8's heap",
    command: (events) => ['node', '--max-old-space-size=16', ...crashing('heap', `${events}`).slice(1)],
    ends: { exitCode: null, cause: 'signal', abortedBy: 'heap-limit' },
    last: 'crash:step',
  },
];

const KINDS = ALL_KINDS.filter(({ isRare }) => isRare === undefined || process.env.RINGTAIL_KILLS !== undefined);

/** Lets one program crash, and checks its trace. */
async function crash(sandbox: Sandbox, kind: Kind, round: number, random: SeededRandom): Promise<void> {
  const where = `${kind.what}, round ${round}`;
  const output = join(sandbox.directory, `${kind.what.replace(/\W+/g, '-')}-${round}`);
  const guard = startGuard(sandbox, output, kind.command(random.between(1, EVENTS_MAX)), ['--subbuf-size=64k']);
  await kind.kill?.(guard, random);
  const ended = await guard.ended;
  const summary = summaryOf(ended);
  expect(summary, where).toMatchObject(kind.ends);
  // ringtail ends like the command; for a signal that writes core files, the exit code shows the signal.
  expect(ended.signal !== null || ended.code !== 0, where).toBe(true);
  if (summary.exitCode !== null) expect(ended.code, where).toBe(summary.exitCode);
  const [snapshot, ...more] = summary.snapshots;
  expect(more, where).toEqual([]);
  expect(snapshot?.problem, where).toBeNull();
  const events = eventsOf(sandbox, snapshot?.trace as string);
  expect(events.at(-1)?.name, where).toBe(kind.last);
  expect(summary.lastEvents.at(-1), where).toContain(`${kind.last}:`);
  const acknowledged = Math.floor(guard.stdoutBytes.length / 4);
  const indexes = indexesOf(events);
  expectRun(indexes, where);
  expectNewest(indexes, acknowledged, where);
  rmSync(output, { recursive: true });
}

describe('a guarded command that ends badly', () => {
  const names = KINDS.map(({ what }) => what).join(', ');
  it(`leaves its last acknowledged event: ${names}; ${crashes} times each (seed ${seed})`, limit, async () => {
    const random = new SeededRandom(seed);
    const sandbox = makeSandbox();
    const pending = KINDS.flatMap((kind) =>
      Array.from({ length: crashes }, (_, round) => ({ kind, round: round + 1 })),
    );
    const lane = async (): Promise<void> => {
      for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
        await crash(sandbox, next.kind, next.round, random);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    expect(readdirSync(sandbox.env.TMPDIR as string)).toEqual([]);
  });

  it('leaves its last acknowledged event when the kernel kills it for want of memory', limit, async ({ skip }) => {
    const group = memoryGroup(96 * 1024 * 1024);
    if (group === undefined) {
      process.stderr.write('SKIPPED: no memory cgroup can be made: not tested: a process that the kernel kills\n');
      return skip('no memory cgroup can be made');
    }
    const sandbox = makeSandbox();
    const output = join(sandbox.directory, 'oom');
    const script = `echo $$ > ${group}/cgroup.procs && exec node ${program('crash.mjs')} memory 100`;
    const guard = startGuard(sandbox, output, ['sh', '-c', script], ['--subbuf-size=64k']);
    const summary = summaryOf(await guard.ended);
    expect(summary).toMatchObject({ signal: 'SIGKILL', cause: 'out-of-memory' });
    const indexes = indexesIn(sandbox, summary.snapshots[0]?.trace as string);
    expectNewest(indexes, Math.floor(guard.stdoutBytes.length / 4), 'killed for want of memory');
  });

  it('leaves its last acknowledged event also while another snapshot is being recorded', limit, async () => {
    const sandbox = makeSandbox();
    const output = join(sandbox.directory, 'out');
    const guard = startGuard(sandbox, output, [process.execPath, program('acknowledge.mjs'), 'crash', 'for-ever']);
    // Enough for a snapshot that takes long.
    while (guard.stdoutBytes.length < 4 * 20_000) await pause(5);
    const victim = findProgram('acknowledge.mjs', guard.pid);
    guard.kill('SIGUSR2');
    while (!existsSync(output)) await pause(1);
    process.kill(victim, 'SIGKILL');
    const { snapshots, signal } = summaryOf(await guard.ended);
    expect(signal).toBe('SIGKILL');
    expect(snapshots.map(({ reasons }) => reasons)).toEqual([
      ['asked for by SIGUSR2'],
      ['the command was killed by SIGKILL'],
    ]);
    const indexes = indexesIn(sandbox, snapshots[1]?.trace as string);
    expectNewest(indexes, Math.floor(guard.stdoutBytes.length / 4), 'killed while a snapshot was recorded');
  });

  it('is reported with the snapshot that could not be written, and keeps its exit code', limit, async ({ skip }) => {
    const sandbox = makeSandbox();
    const disk = join(sandbox.directory, 'disk');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0) {
      process.stderr.write('SKIPPED: mounting is not allowed: not tested: a snapshot on a disk that is full\n');
      return skip('mounting a tmpfs is not allowed here');
    }
    onTestFinished(() => void spawnSync('umount', ['-l', disk]));
    const output = join(disk, 'out');
    const ended = await startGuard(sandbox, output, crashing('exit', '20000')).ended;
    const summary = summaryOf(ended);
    expect(ended.code).toBe(3);
    expect(summary.snapshots).toEqual([
      { reasons: [expect.any(String)], trace: null, problem: expect.stringMatching(/\S/) },
    ]);
    expect(existsSync(output) ? readdirSync(output) : []).toEqual([]);
  });
});

describe('a guarded command', () => {
  it('that ends well leaves no files and prints nothing', limit, async () => {
    const sandbox = makeSandbox();
    const output = join(sandbox.directory, 'out');
    const ended = await startRingtail(sandbox, ['guard', '-o', output, ...crashing('well')]).ended;
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(sandbox.env.TMPDIR as string)).toEqual([]);
  });

  it('whose children crash repeatedly has a limited number of snapshots', limit, async () => {
    const sandbox = makeSandbox();
    const output = join(sandbox.directory, 'out');
    const guard = startGuard(sandbox, output, crashing('children', '3'), ['--max-snapshots=2', '--subbuf-size=64k']);
    const ended = await guard.ended;
    const { snapshots, missed } = summaryOf(ended);
    // The command ended well, so there is no last one.
    expect(ended.code).toBe(0);
    expect(snapshots.length).toBe(1);
    expect(missed + snapshots.flatMap(({ reasons }) => reasons).length).toBe(3);
    for (const { trace, reasons } of snapshots) {
      expect(reasons[0]).toMatch(/^process \d+ \(.*\) was killed by SIGSEGV/);
      expect(indexesIn(sandbox, trace as string)).toContain(19);
    }
  });

  it('that does not return to its event loop has a snapshot while it runs', limit, async () => {
    const sandbox = makeSandbox();
    const output = join(sandbox.directory, 'out');
    const options = ['--snapshot-on=stall', '--stall-period=200ms', '--subbuf-size=64k'];
    const enough = join(sandbox.directory, 'enough');
    const guard = startGuard(sandbox, output, crashing('stall', '10', enough), options);
    const newestIn = (name: string) => {
      const trace = join(output, name);
      const files = readdirSync(trace, { recursive: true, encoding: 'utf8' });
      // babeltrace2 refuses a trace without a data stream.
      if (!files.some((file) => /_\d+$/.test(file))) return Number.NaN;
      // The program overwrites its ring during the copy.
      return indexesOf(eventsAndWarningsOf(sandbox, trace).events).at(-1) ?? Number.NaN;
    };
    // Until it is whole, its name shows that it is not. On a busy machine, the start of the program is a stall as well.
    const whole = () => readdirSync(output).filter((name) => !name.endsWith('.partial'));
    await until(() => existsSync(output) && whole().some((name) => newestIn(name) > 10));
    writeFileSync(enough, '');
    const ended = await guard.ended;
    const { snapshots } = summaryOf(ended);
    expect(ended.code).toBe(0);
    expect(snapshots.length).toBeGreaterThan(0);
    for (const { reasons } of snapshots) {
      expect(reasons[0]).toMatch(/^process \d+ \(.*\) does not return to its event loop$/);
    }
  });

  it('has a snapshot of the moment when SIGUSR2 is sent to ringtail, and does not get the signal', limit, async () => {
    const sandbox = makeSandbox();
    const output = join(sandbox.directory, 'out');
    const guard = startRingtail(sandbox, ['guard', '-o', output, ...crashing('wait', '50')]);
    while (guard.stdoutBytes.length < 50 * 4) await pause(5);
    guard.kill('SIGUSR2');
    while (!/ringtail: snapshot (\S+) \(51? events/.test(guard.stderr) && !/snapshot \S+ \(/.test(guard.stderr))
      await pause(5);
    const trace = /ringtail: snapshot (\S+) \(/.exec(guard.stderr)?.[1] as string;
    expect(indexesIn(sandbox, trace).at(-1)).toBe(49);
    guard.process.stdin?.end();
    expect(await guard.ended).toMatchObject({ code: 0, signal: null });
  });
});

/** A control group with a memory limit; undefined if none can be made. */
function memoryGroup(bytes: number): string | undefined {
  if (!isRoot) return undefined;
  const [root, file] = existsSync('/sys/fs/cgroup/cgroup.controllers')
    ? ['/sys/fs/cgroup', 'memory.max']
    : ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'];
  const group = join(root, `ringtail-guard-test-${process.pid}`);
  try {
    mkdirSync(group);
    onTestFinished(async () => {
      // Processes that have just ended hold it for a moment.
      for (let attempt = 0; attempt < 100; attempt++) {
        try {
          rmdirSync(group);
          return;
        } catch {
          await pause(20);
        }
      }
    });
    writeFileSync(join(group, file), `${bytes}`);
    const swap = join(group, 'memory.swap.max');
    if (existsSync(swap)) writeFileSync(swap, '0');
    return group;
  } catch {
    return undefined;
  }
}
