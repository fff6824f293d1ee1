/** Traces the kernel of this machine, with a session daemon of root. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionDescription, SessionStatistics } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { requireKernelTracing } from '../kernel-tracing.ts';
import {
  consumersOf,
  isRunning,
  program,
  REGISTER_URL,
  Running,
  resultOf,
  ringtail,
  type Sandbox,
  sessionDaemonOf,
  startNode,
  succeed,
  until,
} from './harness.ts';
import {
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
  return (await resultOf<Stopped>(sandbox, 'stop')).sessions[0].statistics;
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
    expect(ofDd('syscall_entry_write')).toHaveLength(blocks);
    expect(ofDd('syscall_exit_write')).toHaveLength(blocks);
    expect(ofDd('syscall_entry_write')[0]?.text).toMatch(/\{ fd = 1, buf = \S+, count = 1 \}/);
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
    const counts = [first, second, third, fourth].map((pid) =>
      ['entry_write', 'entry_read'].map(
        (name) => events.filter((event) => event.tid === pid && event.name === `syscall_${name}`).length,
      ),
    );
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
    const writesOf = (pid: number) => events.filter((event) => event.tid === pid && event.name === ENTRY).length;
    expect([other, untracked, tracked].map(writesOf)).toEqual([0, 0, 50]);
    const first = events.slice(
      0,
      events.findIndex(({ tid }) => tid === tracked),
    );
    const children = new Set(first.map(({ tid }) => tid).filter((tid) => tid !== shell.pid));
    expect(first.filter(({ tid, name }) => children.has(tid) && name === ENTRY).length).toBeGreaterThanOrEqual(50);
    expect(children.size).toBe(1);
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
    expect(events.filter(({ tid, name }) => tid === kept && name === 'syscall_entry_write')).toHaveLength(100);
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
    expect(instancesOf(daemon)).toHaveLength(1);
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
    expect(events.filter(({ tid, name }) => tid === dd && name === 'syscall_entry_write')).toHaveLength(1000);
    expect(instancesOf(daemon)).toEqual([]);
  });
});

describe.skipIf(!isThere)('the kernel domain', () => {
  it('lists events and system calls, with their fields', async () => {
    const sandbox = await sandboxWithSession();
    const events = await succeed(sandbox, 'list', '-k');
    expect(events).toMatch(/^Kernel events:\n-------------\n\n/);
    expect(events).toContain('      sched_switch (loglevel: TRACE_EMERG (0)) (type: tracepoint)\n');
    expect(events).not.toContain('syscall_entry_');
    const fields = await succeed(sandbox, 'list', '-k', '--fields');
    expect(fields).toMatch(
      / {6}sched_switch .*\n {8}field: prev_comm \((string|sequence|array)\)\n {8}field: prev_tid /,
    );
    const calls = await succeed(sandbox, 'list', '-k', '--syscall');
    expect(calls).toMatch(/^System calls:\n-------------\n\n/);
    expect(calls).toContain('\n      openat\n');
    const mi = await succeed(sandbox, '--mi=xml', 'list', '-k', '--syscall');
    expect(mi).toMatch(/<name>openat<\/name>\s*<type>SYSCALL<\/type>/);
  });

  it('comes back from a saved session, with types and sizes', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-channel', '-k', '--subbuf-size=128k', '--num-subbuf=4', 'disk');
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'openat', '-c', 'disk');
    await succeed(sandbox, 'enable-event', '-k', '-a', '-c', 'disk');
    await succeed(sandbox, 'enable-event', '-k', 'sched_switch', '-c', 'disk');
    const listed = await succeed(sandbox, 'list', 's');
    for (const line of [
      'openat (type: syscall) [enabled]',
      '* (type: all) [enabled]',
      'sched_switch (type: tracepoint) [enabled]',
      'Sub-buffer size:  131072 bytes',
      'Buffering scheme: global',
    ]) {
      expect(listed).toContain(line);
    }
    interface Listed {
      readonly session: SessionDescription;
    }
    const domainsOf = async () => (await resultOf<Listed>(sandbox, 'list', 's')).session.domains;
    const before = await domainsOf();
    const saved = join(sandbox.directory, 'saved');
    await succeed(sandbox, 'save', 's', '-o', saved);
    await succeed(sandbox, 'destroy', 's');
    await succeed(sandbox, 'load', 's', '-i', saved, `--override-url=file://${join(sandbox.directory, 'again')}`);
    expect(await domainsOf()).toEqual(before);
  });

  it('says why a session without events has none', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'delete_module');
    expect(await succeed(sandbox, 'status')).toContain('the session was not started');
    await succeed(sandbox, 'start');
    const status = await succeed(sandbox, 'status');
    expect(status).toContain('the kernel records, but no event of the rules has happened');
    expect(status).not.toContain('no application is registered');
  });

  it('refuses in plain words whatever it does not have', async () => {
    const sandbox = await sandboxWithSession();
    const existing = existsSync('/sys/kernel/tracing/kprobe_events');
    const refusals: readonly (readonly [line: string, message: string])[] = [
      ['enable-event -k sched_swich', 'the kernel has no event sched_swich\n  did you mean "sched_switch"'],
      ['enable-event -k --syscall opnat', 'the kernel has no system call opnat\n  did you mean "openat"'],
      ['enable-event -k openat', 'it has the system call openat: --syscall openat'],
      [
        'enable-event -k --probe=do_exit p',
        existing ? 'not supported yet: --probe' : 'compiled without CONFIG_KPROBES',
      ],
      ['enable-event -k --function=do_exit f', existing ? 'not supported yet' : 'compiled without CONFIG_KPROBES'],
      ['enable-event -k --userspace-probe=/bin/true:main u', '--userspace-probe'],
      ['enable-event -k sched_switch --filter prev_tid==1', 'not supported yet: filters on events of the kernel'],
      ['enable-event -k sched_* -x sched_switch', 'rules of the kernel have no exclusions'],
      ['enable-channel -k --buffers-pid c', 'kernel buffers belong to the whole system'],
      ['enable-channel -k --blocking-timeout=1s c', 'the kernel does not wait for a sub-buffer'],
      ['enable-channel -k --subbuf-size=512k --num-subbuf=1M c', 'bytes of buffers in the kernel'],
      ['track -k --vuid=0', 'not supported yet: --vuid of the kernel'],
      ['add-context -k -t prio', 'prio: not supported yet for events of the kernel'],
      ['reclaim-memory -k -a', 'the kernel keeps the memory of its buffers'],
    ];
    for (const [line, message] of refusals) {
      const { code, stderr } = await ringtail(sandbox, line.split(' '));
      expect([line, code === 0, stderr]).toEqual([line, false, expect.stringContaining(message)]);
    }
    await succeed(sandbox, 'create', 'box', '--snapshot', '-o', join(sandbox.directory, 'box'));
    const inRecorder = await ringtail(sandbox, ['enable-event', '-k', 'sched_switch']);
    expect(inRecorder).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('kernel channels of flight recorders'),
    });
  });

  it('is left out with --no-kernel', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'destroy', 's');
    process.kill(sessionDaemonOf(sandbox), 'SIGTERM');
    const config = join(sandbox.home, '.ringtail');
    await until(() => !existsSync(join(sandbox.env.RINGTAIL_RUNDIR as string, 'sessiond.pid')));
    expect(existsSync(config)).toBe(true);
    writeFileSync(join(config, 'ringtail.conf'), '[sessiond]\nno-kernel=yes\n');
    await succeed(sandbox, 'create', 's', '-o', join(sandbox.directory, 'again'));
    const { code, stderr } = await ringtail(sandbox, ['enable-event', '-k', 'sched_switch']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('not supported: the session daemon was started with --no-kernel'),
    ]);
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
