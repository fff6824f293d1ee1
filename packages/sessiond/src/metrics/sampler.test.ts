import { NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import type { Session } from '../model/session.ts';
import { Troubles } from '../model/troubles.ts';
import { QUIET_LOG } from '../testing/quiet-log.test.support.ts';
import { metricsText } from './daemon-metrics.ts';
import { Sampler, type SamplerOptions } from './sampler.ts';

/** As much of a session as a sample needs. */
function session(name: string, troubles = new Troubles()): Session {
  const archive = { rotations: 3, removed: 2 };
  return { name, active: true, snapshot: false, archive, troubles } as unknown as Session;
}

function samplerWith(parts: Partial<SamplerOptions>, ...sessions: Session[]): Sampler {
  return new Sampler({
    sessions: () => sessions,
    statistics: async () => ({ ...NO_STATISTICS, eventsRecorded: 7 }),
    channelUse: async () => [],
    snapshotsOf: () => 0,
    daemon: () => ({ threads: 0, processes: 0, consumers: [], hangingOperations: new Map(), triggers: [] }),
    timeoutMs: 1,
    log: QUIET_LOG,
    ...parts,
  });
}

describe('a sample', () => {
  it('has the fullest ring of each channel, whatever trace it is of', async () => {
    const use = (channel: string, usedBytes: number) => ({ channel, usedBytes, highestBytes: 9, ringBytes: 8192 });
    const sampler = samplerWith(
      { timeoutMs: 10_000, channelUse: async () => [use('c', 10), use('c', 4096), use('d', 8192)] },
      session('s'),
    );
    const sample = await sampler.sample();
    expect(sample.fresh).toBe(true);
    expect(sample.sessions[0]).toMatchObject({
      name: 's',
      rotations: 3,
      archivesRemoved: 2,
      statistics: { eventsRecorded: 7 },
      channels: [
        { name: 'c', usedBytes: 4096, ringBytes: 8192 },
        { name: 'd', usedBytes: 8192, ringBytes: 8192 },
      ],
    });
  });

  it('counts a program once it is certain that it is not recorded, so that the counter never decreases', async () => {
    const troubles = new Troubles();
    const sampler = samplerWith({ timeoutMs: 10_000 }, session('s', troubles));
    const counted = async () => {
      const text = metricsText(await sampler.sample());
      return /^ringtail_programs_not_recorded_total\{session="s"\} (\d+)$/m.exec(text)?.[1];
    };
    const counts: unknown[] = [await counted()];
    for (const pid of [1, 2]) troubles.addPreliminary(pid, `program ${pid} did not register (UNREGISTERED)`);
    counts.push(await counted());
    troubles.confirm(1);
    counts.push(await counted());
    troubles.withdraw(2);
    counts.push(await counted());
    expect(counts).toEqual(['0', '0', '1', '1']);
  });

  it('does not wait for a consumer that hangs, nor asks it again meanwhile, and has the counts from before', async () => {
    let hangs = false;
    let asked = 0;
    let answer: (statistics: SessionStatistics) => void = () => {};
    const sampler = samplerWith(
      {
        timeoutMs: 20,
        statistics: () => {
          asked++;
          if (!hangs) return Promise.resolve({ ...NO_STATISTICS, eventsRecorded: 7 });
          return new Promise((resolve) => {
            answer = resolve;
          });
        },
      },
      session('s'),
    );
    expect((await sampler.sample()).fresh).toBe(true);
    hangs = true;
    const during = await Promise.all([sampler.sample(), sampler.sample()]);
    await sampler.sample();
    expect(asked).toBe(2);
    expect(during.map(({ fresh }) => fresh)).toEqual([false, false]);
    expect(during[0]?.sessions[0]?.statistics.eventsRecorded).toBe(7);
    answer({ ...NO_STATISTICS, eventsRecorded: 8 });
    await new Promise((resolve) => setImmediate(resolve));
    hangs = false;
    const after = await sampler.sample();
    expect([after.fresh, after.sessions[0]?.statistics.eventsRecorded, asked]).toEqual([true, 7, 3]);
  });

  it('of a consumer that refuses has what there is', async () => {
    const refuse = () => Promise.reject(new Error('no'));
    const sample = await samplerWith({ timeoutMs: 10_000, statistics: refuse }, session('s')).sample();
    expect(sample).toMatchObject({ fresh: false, sessions: [{ name: 's', statistics: NO_STATISTICS }] });
  });
});
