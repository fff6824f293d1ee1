/** A flight recorder of the kernel: its buffers overwrite, and snapshots copy them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionStatistics } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { ringtail, type Sandbox, sessionDaemonOf, succeed, until } from '../e2e/harness.ts';
import {
  blocksWritten,
  copyBlocks,
  countersOf,
  instancesOf,
  type KernelTraceEvent,
  kernelEventsOf,
  sandboxWithSession,
  sumOf,
} from '../e2e/kernel-session.ts';
import { requireKernelTracing } from '../kernel-tracing.ts';

const isThere = requireKernelTracing('flight recorders of the kernel');

interface Recorded {
  readonly path: string;
  readonly statistics: SessionStatistics;
}

/** An active flight recorder of calls of `write`, with a small buffer. */
async function flightRecorder(): Promise<Sandbox & { readonly trace: string }> {
  const sandbox = await sandboxWithSession('--snapshot');
  await succeed(sandbox, 'enable-channel', '-k', '--subbuf-size=16k', '--num-subbuf=32', 'small');
  await succeed(sandbox, 'enable-event', '-k', '--syscall', 'write', '-c', 'small');
  await succeed(sandbox, 'add-context', '-k', '-t', 'tid');
  await succeed(sandbox, 'start');
  return sandbox;
}

async function takeSnapshot(sandbox: Sandbox, ...options: readonly string[]): Promise<Recorded> {
  const { code, stdout } = await ringtail(sandbox, ['snapshot', 'record', ...options, '--output-format=json']);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Recorded;
}

/** Events of each CPU. */
function countsOf(events: readonly KernelTraceEvent[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { cpu } of events) counts.set(cpu as number, (counts.get(cpu as number) ?? 0) + 1);
  return counts;
}

describe.skipIf(!isThere)('a flight recorder of the kernel', () => {
  it('has on each CPU exactly the events that the kernel holds, in every snapshot', async () => {
    const sandbox = await flightRecorder();
    const dd = await copyBlocks(sandbox, 100_000);
    await succeed(sandbox, 'stop');
    const [instance] = instancesOf(sessionDaemonOf(sandbox)) as [string];
    const held = countersOf(instance, 'entries');
    const overwritten = sumOf(countersOf(instance, 'overrun'));
    expect(overwritten).toBeGreaterThan(100_000);

    const first = await takeSnapshot(sandbox);
    const second = await takeSnapshot(sandbox);
    for (const { path, statistics } of [first, second]) {
      const { events, warnings } = kernelEventsOf(sandbox, path);
      expect(warnings).toBe('');
      expect(countsOf(events)).toEqual(new Map([...held].filter(([, count]) => count > 0)));
      expect(blocksWritten(events, dd).length).toBeGreaterThan(1000);
      expect(statistics).toMatchObject({ eventsRecorded: events.length, packetsLost: 0, troubles: [] });
    }
    // The newest events are there: the end of dd's work.
    const { events } = kernelEventsOf(sandbox, first.path);
    const blocks = blocksWritten(events, dd);
    expect((blocks.at(-1) as KernelTraceEvent).at > (blocks[0] as KernelTraceEvent).at).toBe(true);
    await succeed(sandbox, 'destroy');
    expect(instancesOf(sessionDaemonOf(sandbox))).toEqual([]);
    expect(readdirSync(sandbox.trace)).toHaveLength(2);
  });

  it('takes snapshots while the kernel overwrites, limits their size, and begins anew after a clear', async () => {
    const sandbox = await flightRecorder();
    const copying = copyBlocks(sandbox, 1_000_000);
    const [instance] = instancesOf(sessionDaemonOf(sandbox)) as [string];
    await until(() => sumOf(countersOf(instance, 'overrun')) > 10_000);
    const during = await takeSnapshot(sandbox);
    const dd = await copying;
    const { events } = kernelEventsOf(sandbox, during.path);
    expect(events).toHaveLength(during.statistics.eventsRecorded);
    expect(blocksWritten(events, dd).length).toBeGreaterThan(0);

    const limited = await takeSnapshot(sandbox, '--max-size=60000');
    expect(limited.statistics.bytes).toBeLessThanOrEqual(60_000);
    expect(limited.statistics.eventsRecorded).toBeGreaterThan(0);

    await succeed(sandbox, 'clear');
    const later = await copyBlocks(sandbox, 500);
    const cleared = kernelEventsOf(sandbox, (await takeSnapshot(sandbox)).path).events;
    expect([blocksWritten(cleared, dd).length, blocksWritten(cleared, later).length]).toEqual([0, 500]);
    await succeed(sandbox, 'destroy');
    expect(instancesOf(sessionDaemonOf(sandbox))).toEqual([]);
  });

  it('is saved by its consumer daemon when the session daemon is killed', async () => {
    const sandbox = await flightRecorder();
    const dd = await copyBlocks(sandbox, 500);
    process.kill(sessionDaemonOf(sandbox), 'SIGKILL');
    const saved = () => readdirSync(sandbox.directory).includes('trace') && readdirSync(sandbox.trace);
    await until(() => (saved() || []).some((name) => /^s-recovered-\d{8}-\d{6}$/.test(name)));
    const [name] = readdirSync(sandbox.trace) as [string];
    const { events } = kernelEventsOf(sandbox, join(sandbox.trace, name));
    expect(blocksWritten(events, dd)).toHaveLength(500);
  });
});
