/** Traces the kernel of this machine, with a session daemon of root. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionStatistics } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { requireKernelTracing } from '../kernel-tracing.ts';
import {
  consumersOf,
  isRunning,
  program,
  REGISTER_URL,
  Running,
  ringtail,
  type Sandbox,
  sessionDaemonOf,
  startNode,
  succeed,
  until,
} from './harness.ts';
import {
  blocksWritten,
  copyBlocks,
  countersOf,
  instancesOf,
  type KernelTraceEvent,
  kernelEventsOf,
  sandboxWithSession,
  sumOf,
  topSettings,
} from './kernel-session.ts';

const isThere = requireKernelTracing('kernel tracing, from the command line to the trace');

const ENTRY = 'syscall_entry_write';

interface Stopped {
  readonly sessions: readonly [{ readonly statistics: SessionStatistics }];
}

/** Stops the session `s`. */
async function stop(sandbox: Sandbox): Promise<SessionStatistics> {
  const { code, stdout } = await ringtail(sandbox, ['stop', '--output-format=json']);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as Stopped).sessions[0].statistics;
}

function instanceOf(sandbox: Sandbox): string {
  const [instance] = instancesOf(sessionDaemonOf(sandbox));
  if (instance === undefined) throw new Error('the session daemon has no instance in the kernel');
  return instance;
}

describe.skipIf(!isThere)('a session that records the kernel', () => {
  it('has every call of a program exactly once, and as many events as the kernel counted on each CPU', async () => {
    const blocks = 20_000;
    const before = topSettings();
    const sandbox = await sandboxWithSession();
    expect(await succeed(sandbox, 'enable-event', '-k', '--syscall', 'read,write')).toBe(
      'kernel event read created in channel channel0\nkernel event write created in channel channel0\n',
    );
    await succeed(sandbox, 'enable-event', '-k', 'sched_process_*');
    await succeed(sandbox, 'add-context', '-k', '-t', 'tid');
    await succeed(sandbox, 'start');
    const dd = await copyBlocks(sandbox, blocks);
    const statistics = await stop(sandbox);
    const read = countersOf(instanceOf(sandbox), 'read events');
    await succeed(sandbox, 'destroy');

    const { events, warnings } = kernelEventsOf(sandbox, sandbox.trace);
    expect(warnings).toBe('');
    const ofDd = (name: string) => events.filter((event) => event.name === name && event.tid === dd);
    expect(blocksWritten(events, dd)).toHaveLength(blocks);
    expect(ofDd('syscall_exit_write')).toHaveLength(ofDd(ENTRY).length);
    expect(ofDd('sched_process_exit')).toHaveLength(1);
    expect(statistics).toMatchObject({
      eventsRecorded: events.length,
      eventsDiscarded: 0,
      eventsLost: 0,
      troubles: [],
    });
    const decoded = (cpu: number) => events.filter((event) => event.cpu === cpu).length;
    expect([...read.keys()].map((cpu) => [cpu, decoded(cpu)])).toEqual([...read]);
    expect(instancesOf(sessionDaemonOf(sandbox))).toEqual([]);
    expect(topSettings()).toEqual(before);
  });

  it('leaves its own daemons out', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-k', '--syscall');
    await succeed(sandbox, 'add-context', '-k', '-t', 'tid');
    await succeed(sandbox, 'start');
    const daemon = sessionDaemonOf(sandbox);
    const own = [daemon, ...consumersOf(daemon)].flatMap((pid) => readdirSync(`/proc/${pid}/task`).map(Number));
    await copyBlocks(sandbox, 5000);
    await succeed(sandbox, 'destroy');
    const { events } = kernelEventsOf(sandbox, sandbox.trace);
    expect(events.length).toBeGreaterThan(20_000);
    expect(events.filter(({ tid }) => own.includes(tid ?? 0))).toEqual([]);
  });

  it('has calls of a program between the events of the program around them, on one clock', async () => {
    const calls = 200;
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-u', 'bracket:*');
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'mkdir*');
    await succeed(sandbox, 'add-context', '-k', '-t', 'tid');
    await succeed(sandbox, 'start');
    const running = startNode(sandbox, ['--import', REGISTER_URL, program('kernel-bracket.mjs'), String(calls)]);
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
    await succeed(sandbox, 'destroy');

    const { events } = kernelEventsOf(sandbox, sandbox.trace);
    const ofProgram = events.filter(({ name, tid }) => name.startsWith('bracket:') || tid === running.pid);
    const kinds = ofProgram.map(({ name }) => name.replace(/mkdirat$/, 'mkdir'));
    const bracket = ['bracket:begin', 'syscall_entry_mkdir', 'syscall_exit_mkdir', 'bracket:end'];
    expect(kinds).toEqual(Array.from({ length: calls }, () => bracket).flat());
    for (let at = 0; at < ofProgram.length; at += bracket.length) {
      const [begin, entry, exit, end] = ofProgram.slice(at, at + bracket.length) as [
        KernelTraceEvent,
        KernelTraceEvent,
        KernelTraceEvent,
        KernelTraceEvent,
      ];
      const before = BigInt(/before = (\d+)/.exec(begin.text)?.[1] ?? -1);
      const after = BigInt(/after = (\d+)/.exec(end.text)?.[1] ?? -1);
      expect([before <= entry.at, entry.at <= exit.at, exit.at <= after]).toEqual([true, true, true]);
    }
  });

  it('takes changes of rules and channels while it records', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'write');
    await succeed(sandbox, 'add-context', '-k', '-t', 'tid');
    await succeed(sandbox, 'start');
    const first = await copyBlocks(sandbox, 100);
    await succeed(sandbox, 'disable-event', '-k', '--syscall', 'write');
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'read');
    const second = await copyBlocks(sandbox, 100);
    await succeed(sandbox, 'disable-channel', '-k', 'channel0');
    const third = await copyBlocks(sandbox, 100);
    await succeed(sandbox, 'enable-channel', '-k', 'channel0');
    expect(await succeed(sandbox, 'rotate')).toContain('is now readable at');
    const fourth = await copyBlocks(sandbox, 100);
    await succeed(sandbox, 'destroy');

    const chunks = readdirSync(join(sandbox.trace, 'archives'));
    expect(chunks).toHaveLength(2);
    const { events } = kernelEventsOf(sandbox, join(sandbox.trace, 'archives'));
    const readsOf = (dd: number) =>
      events.filter(({ tid, name }) => tid === dd && name === 'syscall_entry_read').length;
    const counts = [first, second, third, fourth].map((dd) => [blocksWritten(events, dd).length, readsOf(dd)]);
    // dd reads its libraries as well.
    expect(counts.map(([writes, reads = 0]) => [writes, Math.min(reads, 100)])).toEqual([
      [100, 0],
      [0, 100],
      [0, 0],
      [0, 100],
    ]);
  });

  it('records only tracked processes, with those that they start', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'write');
    await succeed(sandbox, 'add-context', '-k', '-t', 'tid');
    const shell = new Running('sh', ['-c', 'read line; dd if=/dev/zero of=/dev/null bs=1 count=50; true'], sandbox.env);
    await succeed(sandbox, 'track', '-k', `--pid=${shell.pid}`);
    expect(await succeed(sandbox, 'list', 's')).toContain(`Virtual process IDs:  ${shell.pid}`);
    await succeed(sandbox, 'start');
    const other = await copyBlocks(sandbox, 50);
    shell.process.stdin?.end('go\n');
    expect((await shell.ended).code).toBe(0);
    await succeed(sandbox, 'untrack', '-k', `--pid=${shell.pid}`);
    const untracked = await copyBlocks(sandbox, 50);
    await succeed(sandbox, 'track', '-k', '--pid', '--all');
    const tracked = await copyBlocks(sandbox, 50);
    await succeed(sandbox, 'destroy');
    const { events } = kernelEventsOf(sandbox, sandbox.trace);
    expect([other, untracked, tracked].map((dd) => blocksWritten(events, dd).length)).toEqual([0, 0, 50]);
    const before = events.slice(
      0,
      events.findIndex(({ tid }) => tid === tracked),
    );
    const [child] = before.filter(({ name, tid }) => name === ENTRY && tid !== shell.pid);
    expect(blocksWritten(before, child?.tid ?? 0)).toHaveLength(50);
  });

  it('records only events for which the filter of a rule holds, evaluated by the kernel', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(
      sandbox,
      'enable-event',
      '-k',
      '--syscall',
      'write',
      '--filter',
      '$ctx.procname == "dd" && count == 1',
    );
    await succeed(sandbox, 'add-context', '-k', '-t', 'tid');
    await succeed(sandbox, 'start');
    const dd = await copyBlocks(sandbox, 500);
    expect((await ringtail(sandbox, ['stop'])).code).toBe(0);
    await succeed(sandbox, 'disable-event', '-k', 'write');
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'write');
    await succeed(sandbox, 'start');
    const unfiltered = await copyBlocks(sandbox, 1);
    await succeed(sandbox, 'destroy');
    const { events } = kernelEventsOf(sandbox, sandbox.trace);
    const filtered = events.slice(0, 500);
    expect(filtered.every(({ name, text }) => name === ENTRY && /count = 1 /.test(text))).toBe(true);
    expect(blocksWritten(filtered, dd)).toHaveLength(500);
    // Exits have no field "count", and are there once the rule has no filter.
    const later = events.filter(({ tid }) => tid === unfiltered);
    expect(later.map(({ name }) => name)).toContain('syscall_exit_write');
  });

  it('begins anew after a clear', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'write');
    await succeed(sandbox, 'add-context', '-k', '-t', 'tid');
    await succeed(sandbox, 'start');
    const cleared = await copyBlocks(sandbox, 1000);
    await succeed(sandbox, 'clear');
    const kept = await copyBlocks(sandbox, 100);
    await succeed(sandbox, 'regenerate', 'metadata');
    await succeed(sandbox, 'destroy');
    const { events } = kernelEventsOf(sandbox, sandbox.trace);
    expect(events.filter(({ tid }) => tid === cleared)).toEqual([]);
    expect(blocksWritten(events, kept)).toHaveLength(100);
  });

  it('counts what a small buffer had to discard, so that nothing is unaccounted for', async () => {
    const blocks = 300_000;
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-channel', '-k', '--subbuf-size=4k', '--num-subbuf=2', '--read-timer=50ms', 'small');
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'read,write', '-c', 'small');
    await succeed(sandbox, 'start');
    await copyBlocks(sandbox, blocks);
    const { eventsRecorded, eventsDiscarded, troubles } = await stop(sandbox);
    const instance = instanceOf(sandbox);
    const [read, dropped] = ['read events', 'dropped events'].map((name) => sumOf(countersOf(instance, name)));
    expect({ eventsRecorded, eventsDiscarded, troubles }).toEqual({
      eventsRecorded: read,
      eventsDiscarded: dropped,
      troubles: [],
    });
    expect(eventsDiscarded).toBeGreaterThan(0);
    expect(eventsRecorded + eventsDiscarded).toBeGreaterThanOrEqual(4 * blocks);
    await ringtail(sandbox, ['destroy']);
    const { events, warnings } = kernelEventsOf(sandbox, sandbox.trace);
    expect(events).toHaveLength(eventsRecorded);
    expect(warnings).toMatch(/discarded/);
  });
});

describe.skipIf(!isThere)('a killed daemon', () => {
  it('of a recording session leaves nothing in the kernel after the next start, and the top instance as it was', async () => {
    const before = topSettings();
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'write');
    await succeed(sandbox, 'start');
    const daemon = sessionDaemonOf(sandbox);
    const consumers = consumersOf(daemon);
    expect(instancesOf(daemon)).toHaveLength(1);
    process.kill(daemon, 'SIGKILL');
    await until(() => !isRunning(daemon) && !consumers.some(isRunning));
    // Any daemon of root that starts removes it, so a parallel test may be first.
    await succeed(sandbox, 'create', 'next', '-o', join(sandbox.directory, 'next'));
    await until(() => instancesOf(daemon).length === 0);
    expect(topSettings()).toEqual(before);
  });

  it('that reads the buffers is replaced, and the next one goes on', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'write');
    await succeed(sandbox, 'add-context', '-k', '-t', 'tid');
    await succeed(sandbox, 'start');
    const daemon = sessionDaemonOf(sandbox);
    const [consumer] = consumersOf(daemon) as [number];
    process.kill(consumer, 'SIGKILL');
    await until(() => consumersOf(daemon).some((pid) => pid !== consumer));
    const dd = await copyBlocks(sandbox, 1000);
    expect((await ringtail(sandbox, ['destroy'])).code).toBe(0);
    const { events } = kernelEventsOf(sandbox, sandbox.trace);
    expect(blocksWritten(events, dd)).toHaveLength(1000);
    expect(instancesOf(daemon)).toEqual([]);
  });
});

describe.skipIf(!isThere)('the metadata of a kernel trace', () => {
  it("has LTTng's environment, names and fields", async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-k', 'sched_switch,sched_process_exec');
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'openat');
    await succeed(sandbox, 'start');
    await copyBlocks(sandbox, 1);
    await succeed(sandbox, 'destroy');
    const metadata = readFileSync(join(sandbox.trace, 'kernel', 'metadata'), 'latin1');
    for (const part of [
      'domain = "kernel"',
      'tracer_name = "lttng-modules"',
      'tracer_major = 2',
      'kernel_release = ',
      'name = "syscall_entry_openat"',
      '_prev_tid',
      '_next_comm',
      'cpu_id',
    ]) {
      expect(metadata).toContain(part);
    }
  });
});
