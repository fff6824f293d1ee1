/** Commands about the kernel of this machine: listings, saved sessions, `record`, refusals. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionDescription } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { requireKernelTracing } from '../kernel-tracing.ts';
import { makeSandbox, record, resultOf, ringtail, sessionDaemonOf, succeed, until } from './harness.ts';
import { blocksWritten, kernelEventsOf, sandboxWithSession } from './kernel-session.ts';

const isThere = requireKernelTracing('commands about the kernel');

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
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'swapon');
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
      ['enable-event -k sched_switch --filter prev_tid==next_tid', 'the kernel cannot evaluate this filter'],
      ['enable-event -k --syscall read --filter fd==1', 'fd is not an integer'],
      ['enable-event -k sched_switch --filter nothing==1', 'no event of the rule sched_switch has the fields'],
      ['enable-event -k sched_* -x sched_switch', 'rules of the kernel have no exclusions'],
      ['enable-channel -k --buffers-pid c', 'kernel buffers belong to the whole system'],
      ['enable-channel -k --blocking-timeout=1s c', 'the kernel does not wait for a sub-buffer'],
      ['enable-channel -k --subbuf-size=512k --num-subbuf=1048576 c', 'bytes of buffers in the kernel'],
      ['track -k --vuid=0', 'not supported yet: --vuid of the kernel'],
      ['add-context -k -t prio', 'prio: not supported yet for events of the kernel'],
      ['reclaim-memory -k -a', 'the kernel keeps the memory of its buffers'],
    ];
    for (const [line, message] of refusals) {
      const { code, stderr } = await ringtail(sandbox, line.split(' '));
      expect([line, code === 0, stderr]).toEqual([line, false, expect.stringContaining(message)]);
    }
  });

  it('is left out with --no-kernel', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'destroy', 's');
    process.kill(sessionDaemonOf(sandbox), 'SIGTERM');
    const config = join(sandbox.home, '.ringtail');
    await until(() => !existsSync(join(sandbox.env.RINGTAIL_RUNDIR as string, 'sessiond.pid')));
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, 'ringtail.conf'), '[sessiond]\nno-kernel=yes\n');
    await succeed(sandbox, 'create', 's', '-o', join(sandbox.directory, 'again'));
    const { code, stderr } = await ringtail(sandbox, ['enable-event', '-k', 'sched_switch']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('not supported: the session daemon was started with --no-kernel'),
    ]);
  });
});

describe.skipIf(!isThere)('ringtail record with the kernel', () => {
  const dd = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=100', 'status=none'];

  it('records the calls of the command alone, also of a command that is not Node.js', async () => {
    const { ended, summary, trace } = await record(makeSandbox(), dd, ['-k', 'sched_process_*', '--syscall']);
    expect(ended.code).toBe(0);
    const { events } = kernelEventsOf(makeSandbox(), trace);
    expect(summary.eventsRecorded).toBe(events.length);
    const [thread] = events.filter(({ name }) => name === 'syscall_entry_execve');
    expect(blocksWritten(events, thread?.tid ?? 0)).toHaveLength(100);
    // The last event is the end of the process, seen by whoever waits for it.
    const threads = new Set(events.filter(({ name }) => name.startsWith('syscall_')).map(({ tid }) => tid));
    expect(threads.size).toBe(1);
    expect(events.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['syscall_entry_execve', 'sched_process_exec']),
    );
  });

  it('records all processes on request, and keeps the exit code', async () => {
    const options = ['--syscall=write', '--all-processes'];
    const sandbox = makeSandbox();
    const { ended, trace } = await record(sandbox, ['sh', '-c', 'echo of-child; exit 7'], options);
    expect(ended).toMatchObject({ code: 7, stdout: 'of-child\n' });
    const { events } = kernelEventsOf(sandbox, trace);
    expect(new Set(events.map(({ tid }) => tid)).size).toBeGreaterThan(1);
  });

  it('says that the kernel had no event, beside the programs', async () => {
    const sandbox = makeSandbox();
    const { code, stderr } = await ringtail(sandbox, ['record', '--syscall=swapon', '--', 'true']);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(
        "no event of the rules has happened since the session was started:\n    its rules: 'swapon'",
      ),
    ]);
  });

  it('runs nothing if the kernel has no such event', async () => {
    const sandbox = makeSandbox();
    const { code, stdout, stderr } = await ringtail(sandbox, ['record', '-k', 'sched_swich', '--', 'echo', 'run']);
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('did you mean "sched_switch"')]);
  });
});
