import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  consumersOf,
  eventsOf,
  findProgram,
  indexesOf,
  isRoot,
  isRunning,
  makeSandbox,
  pause,
  program,
  REGISTER_URL,
  type Running,
  ringtail,
  type Sandbox,
  sessionDaemonOf,
  startNode,
  startRingtail,
  summaryOf,
  until,
} from './harness.ts';
import { emittedBy, untilEmittedMore } from './steps.ts';

const node = process.execPath;
const NOBODY = 65534;

/** Records `steps.mjs`, which emits until its standard input ends. */
async function recordSteps(sandbox: Sandbox, options: readonly string[] = [], trace = 'trace'): Promise<Running> {
  const command = [node, program('steps.mjs')];
  const running = startRingtail(sandbox, ['record', '-o', trace, '--output-format=json', ...options, '--', ...command]);
  await running.says(/ready/);
  return running;
}

function expectConsecutive(indexes: readonly number[]): void {
  expect(indexes.findIndex((index, position) => index !== position)).toBe(-1);
}

/** Offset of a producer's word in a ring. */
const OPEN_SEQ = 132;

/** Path that opens the ring held by a session daemon; undefined if there is none. */
function ringHeldBy(daemon: number): string | undefined {
  const directory = `/proc/${daemon}/fd`;
  const name = readdirSync(directory).find((fd) => readlinkSync(join(directory, fd)).includes('memfd:ringtail-ring'));
  return name === undefined ? undefined : join(directory, name);
}

/** Size of the data stream files in a directory tree. */
function streamBytesIn(directory: string): number {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /channel0_\d/.test(name),
  );
  return files
    .filter((name) => !name.endsWith('.idx'))
    .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

/** A small file system in the sandbox; undefined if mounting is not allowed. */
function mountTmpfs(sandbox: Sandbox, name: string, bytes: number): string | undefined {
  const path = join(sandbox.directory, name);
  mkdirSync(path);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]).status !== 0) return undefined;
  onTestFinished(() => {
    spawnSync('umount', ['-l', path]);
  });
  return path;
}

describe('without a session daemon', () => {
  it('a program with the imported or preloaded tracer runs as without it', async () => {
    const sandbox = makeSandbox();
    const env = { RINGTAIL_RUNDIR: join(sandbox.directory, 'nowhere') };
    const command = [program('plain.mjs'), '3', 'word'];
    const untraced = await startNode(sandbox, command, { ...env, WITHOUT_TRACER: '1' }).ended;
    expect(untraced).toMatchObject({ code: 3, signal: null, stderr: 'to standard error: 3 word\n' });
    expect(await startNode(sandbox, command, env).ended).toEqual(untraced);
    expect(await startNode(sandbox, ['--import', REGISTER_URL, ...command], env).ended).toEqual(untraced);
  });
});

describe('when a process is killed during a recording', () => {
  it('the command: its trace has the recorded events', async () => {
    const sandbox = makeSandbox();
    const running = await recordSteps(sandbox);
    await pause(300);
    process.kill(findProgram('steps.mjs', running.pid), 'SIGKILL');
    const ended = await running.ended;
    expect(ended.signal).toBe('SIGKILL');
    const summary = summaryOf(ended);
    expect(summary).toMatchObject({ eventsDiscarded: 0, eventsLost: 0, signal: 'SIGKILL' });
    expect(summary.eventsRecorded).toBeGreaterThan(0);
    const indexes = indexesOf(eventsOf(sandbox, join(sandbox.directory, 'trace')));
    expect(indexes.length).toBe(summary.eventsRecorded);
    expectConsecutive(indexes);
  });

  it('the consumer daemon, several times: another takes over, and no event is missing or repeated', async () => {
    const sandbox = makeSandbox();
    // Small sub-buffers, so that the trace files grow continuously and the kill hits a busy consumer daemon; many,
    // since a consumer takes long to start beside other processes.
    const running = await recordSteps(sandbox, ['--subbuf-size=64k', '--num-subbuf=1024']);
    const daemon = sessionDaemonOf(sandbox);
    for (let kill = 0; kill < 3; kill++) {
      await until(() => consumersOf(daemon).length === 1);
      await untilEmittedMore(running, 2000);
      const [consumer] = consumersOf(daemon) as [number];
      process.kill(consumer, 'SIGKILL');
      await until(() => consumersOf(daemon).some((pid) => pid !== consumer));
    }
    await untilEmittedMore(running, 2000);
    const emitted = await emittedBy(running);
    const ended = await running.ended;
    expect(ended.code).toBe(0);
    expect(summaryOf(ended)).toMatchObject({
      eventsRecorded: emitted,
      eventsDiscarded: 0,
      eventsLost: 0,
      cutShort: null,
    });
    const indexes = indexesOf(eventsOf(sandbox, join(sandbox.directory, 'trace')));
    expect(indexes.length).toBe(emitted);
    expectConsecutive(indexes);
  });

  it('the session daemon: the command goes on, and the trace has the events before', async () => {
    const sandbox = makeSandbox();
    const running = await recordSteps(sandbox);
    await pause(300);
    const daemon = sessionDaemonOf(sandbox);
    const consumers = consumersOf(daemon);
    process.kill(daemon, 'SIGKILL');
    // It takes all events, then ends.
    await until(() => !consumers.some(isRunning));
    await untilEmittedMore(running, 1);
    const emitted = await emittedBy(running);
    const ended = await running.ended;
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^ready\n(\d+ so far\n)+emitted \d+\n$/);
    expect(summaryOf(ended).cutShort).not.toBeNull();
    const indexes = indexesOf(eventsOf(sandbox, join(sandbox.directory, 'trace')));
    expect(indexes.length).toBeGreaterThan(0);
    expect(indexes.length).toBeLessThan(emitted);
    expectConsecutive(indexes);
  });

  it('ringtail itself: its daemons finish the trace and end, and the command goes on', async () => {
    const sandbox = makeSandbox();
    const running = await recordSteps(sandbox);
    await pause(300);
    const daemon = sessionDaemonOf(sandbox);
    running.kill('SIGKILL');
    // Their common standard input is closed now, so the command ends by itself.
    const emitted = Number((await running.says(/emitted (\d+)/))[1]);
    await until(() => !isRunning(daemon));
    const indexes = indexesOf(eventsOf(sandbox, join(sandbox.directory, 'trace')));
    expect(indexes.length).toBeGreaterThan(0);
    expect(indexes.length).toBeLessThanOrEqual(emitted);
    expectConsecutive(indexes);
  });

  it('everything, with --shm-path: ringtail crash makes a trace of the events that the trace lacks', async () => {
    const sandbox = makeSandbox();
    const both = join(sandbox.directory, 'both');
    const rings = join(sandbox.directory, 'rings');
    const running = await recordSteps(sandbox, ['--shm-path', rings, '--subbuf-size=256k'], join(both, 'trace'));
    await until(() => streamBytesIn(both) > 0);
    const daemon = sessionDaemonOf(sandbox);
    const consumers = consumersOf(daemon);
    // First the processes that could still take events from the rings.
    for (const pid of [...consumers, daemon]) process.kill(pid, 'SIGKILL');
    await untilEmittedMore(running, 1);
    process.kill(findProgram('steps.mjs', running.pid), 'SIGKILL');
    await running.ended;
    const recovered = await ringtail(sandbox, ['crash', rings, '-o', join(both, 'crash'), '--output-format=json']);
    expect(recovered.stderr).toBe('');
    expect(recovered.code).toBe(0);
    const rest = indexesOf(eventsOf(sandbox, join(both, 'crash')));
    expect(rest.length).toBeGreaterThan(0);
    // A packet that the consumer daemon wrote just before its death is in both.
    const all = [...new Set(indexesOf(eventsOf(sandbox, both)))].sort((a, b) => a - b);
    expect(all.length).toBeGreaterThan(rest.length);
    expectConsecutive(all);
  });
});

describe('a ring that another process changes', () => {
  it('cannot be truncated, and if overwritten costs the trace its own events and the program nothing', async () => {
    const sandbox = makeSandbox();
    const running = await recordSteps(sandbox);
    const daemon = sessionDaemonOf(sandbox);
    await until(() => ringHeldBy(daemon) !== undefined);
    const ring = ringHeldBy(daemon) as string;
    expect(() => truncateSync(ring, 0)).toThrow(/EPERM/);
    const fd = openSync(ring, 'r+');
    const openSeq = Buffer.alloc(4);
    // Before the first sub-buffer is open, the producer would overwrite these bytes.
    await until(() => readSync(fd, openSeq, 0, 4, OPEN_SEQ) === 4 && openSeq.readUInt32LE() > 0);
    writeSync(fd, Buffer.from([0, 255, 255, 255]), 0, 4, OPEN_SEQ);
    closeSync(fd);
    await pause(1500);
    const emitted = await emittedBy(running);
    const ended = await running.ended;
    const summary = summaryOf(ended);
    expect(ended.code).toBe(0);
    expect(summary.troubles).toEqual([expect.stringMatching(/a ring of thread \d+ of process \d+ .* was given up: /)]);
    expect(summary.eventsLost).toBeGreaterThan(0);
    expect(summary.eventsRecorded + summary.eventsDiscarded + summary.eventsLost).toBe(emitted);
  });
});

describe.skipIf(!isRoot)('on a machine without room', () => {
  it('a full disk costs events that are counted, and the program nothing', async ({ skip }) => {
    const sandbox = makeSandbox();
    const disk = mountTmpfs(sandbox, 'disk', 512 * 1024);
    if (disk === undefined) return skip('mounting a tmpfs is not allowed here');
    const trace = join(disk, 'trace');
    const command = [node, program('steps.mjs')];
    const running = startRingtail(sandbox, [
      'record',
      '-o',
      trace,
      '--output-format=json',
      '--subbuf-size=64k',
      '--',
      ...command,
    ]);
    await running.says(/ready/);
    // A record has more than 100 bytes: these do not fit into the 512 KiB.
    await untilEmittedMore(running, 10_000);
    const emitted = await emittedBy(running);
    const ended = await running.ended;
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^ready\n(\d+ so far\n)+emitted \d+\n$/);
    const summary = summaryOf(ended);
    expect(summary.eventsRecorded).toBeGreaterThan(0);
    expect(summary.eventsRecorded + summary.eventsLost + summary.eventsDiscarded).toBe(emitted);
    expect(summary.eventsRecorded).toBeLessThan(emitted);
    expect(summary.troubles.join('\n')).toMatch(/disk|space|ENOSPC/i);
    expect(eventsOf(sandbox, trace).length).toBe(summary.eventsRecorded);
  });

  it('rings that do not fit into --shm-path are refused with the size they need', async ({ skip }) => {
    const sandbox = makeSandbox();
    const memory = mountTmpfs(sandbox, 'shm', 1024 * 1024);
    if (memory === undefined) return skip('mounting a tmpfs is not allowed here');
    const running = await recordSteps(sandbox, ['--shm-path', join(memory, 'rings'), '--subbuf-size=1M']);
    await pause(200);
    const emitted = await emittedBy(running);
    const ended = await running.ended;
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe(`ready\nemitted ${emitted}\n`);
    const summary = summaryOf(ended);
    expect(summary.eventsRecorded).toBe(0);
    // Four sub-buffers of a MiB and a header.
    expect(summary.troubles.join('\n')).toContain('4198400 bytes');
  });
});

describe('a run directory', () => {
  it.skipIf(!isRoot)('of another user is refused by the command and ignored by programs', async () => {
    const sandbox = makeSandbox();
    const runDirectory = join(sandbox.directory, 'run');
    mkdirSync(runDirectory, { mode: 0o700 });
    chownSync(runDirectory, NOBODY, NOBODY);
    await expectRefused(sandbox, runDirectory);
  });

  it('that every user may write to is refused by the command and ignored by programs', async () => {
    const sandbox = makeSandbox();
    const runDirectory = join(sandbox.directory, 'run');
    mkdirSync(runDirectory);
    chmodSync(runDirectory, 0o777);
    await expectRefused(sandbox, runDirectory);
  });

  async function expectRefused(sandbox: Sandbox, runDirectory: string): Promise<void> {
    const env = { RINGTAIL_RUNDIR: runDirectory };
    const created = await ringtail(sandbox, ['create', 'any'], env);
    expect(created.code).toBe(1);
    expect(created.stderr).toContain(runDirectory);
    const app = await startNode(sandbox, ['--import', REGISTER_URL, program('plain.mjs'), '0'], env).ended;
    expect(app).toMatchObject({ code: 0, stderr: 'to standard error: 0\n' });
  }
});
