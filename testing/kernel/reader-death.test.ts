/** The consumer daemon is killed, and the kernel goes on recording. */
import { join } from 'node:path';
import type { SessionStatistics } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { consumersOf, ringtail, sessionDaemonOf, succeed, until } from '../e2e/harness.ts';
import {
  blocksWritten,
  copyBlocks,
  countersOf,
  instancesOf,
  kernelEventsOf,
  sandboxWithSession,
  sumOf,
} from '../e2e/kernel-session.ts';
import { requireKernelTracing } from '../kernel-tracing.ts';

const isThere = requireKernelTracing('a consumer daemon that is killed while it records the kernel');

interface Destroyed {
  readonly sessions: readonly [{ readonly statistics: SessionStatistics }];
}

describe.skipIf(!isThere)('a consumer daemon that is killed', () => {
  it('after a rotation has a successor that goes on, with the statistics of both', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'write');
    await succeed(sandbox, 'add-context', '-k', '-t', 'tid');
    await succeed(sandbox, 'start');
    const first = await copyBlocks(sandbox, 5000);
    await succeed(sandbox, 'stop');
    await succeed(sandbox, 'rotate');
    const daemon = sessionDaemonOf(sandbox);
    const [consumer] = consumersOf(daemon) as [number];
    process.kill(consumer, 'SIGKILL');
    await until(() => consumersOf(daemon).some((pid) => pid !== consumer));
    await succeed(sandbox, 'start');
    const second = await copyBlocks(sandbox, 5000);
    const { stdout } = await ringtail(sandbox, ['stop', '--output-format=json']);
    await succeed(sandbox, 'destroy');

    const { events, warnings } = kernelEventsOf(sandbox, join(sandbox.trace, 'archives'));
    expect(warnings).toBe('');
    expect([blocksWritten(events, first).length, blocksWritten(events, second).length]).toEqual([5000, 5000]);
    const { statistics } = (JSON.parse(stdout) as Destroyed).sessions[0];
    expect(statistics).toMatchObject({
      eventsRecorded: events.length,
      eventsDiscarded: 0,
      eventsLost: 0,
      packetsLost: 0,
      troubles: [],
    });
  });

  it('while it reads leaves nothing unaccounted for: events that it read and did not write count as discarded', async () => {
    const sandbox = await sandboxWithSession();
    await succeed(sandbox, 'enable-event', '-k', '--syscall', 'read,write');
    await succeed(sandbox, 'start');
    const daemon = sessionDaemonOf(sandbox);
    const instance = instancesOf(daemon)[0] as string;
    const copied = copyBlocks(sandbox, 300_000);
    await until(() => sumOf(countersOf(instance, 'read events')) > 100_000);
    const [consumer] = consumersOf(daemon) as [number];
    process.kill(consumer, 'SIGKILL');
    await copied;
    await until(() => consumersOf(daemon).some((pid) => pid !== consumer));
    const { stdout } = await ringtail(sandbox, ['stop', '--output-format=json']);
    const read = sumOf(countersOf(instance, 'read events'));
    const dropped = sumOf(countersOf(instance, 'dropped events'));
    await ringtail(sandbox, ['destroy']);

    const { statistics } = (JSON.parse(stdout) as Destroyed).sessions[0];
    expect(read + dropped).toBeGreaterThan(1_000_000);
    expect(statistics.eventsDiscarded).toBeGreaterThan(dropped);
    expect(statistics.eventsRecorded + statistics.eventsDiscarded).toBe(read + dropped);
    expect(kernelEventsOf(sandbox, sandbox.trace).events).toHaveLength(statistics.eventsRecorded);
  });
});
