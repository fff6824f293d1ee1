import { type ChannelAttributes, DEFAULT_CHANNEL, defaultKernelChannel } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../../model/session.ts';
import { kernelAttributes } from './kernel-attributes.ts';

const SESSION = { name: 's', snapshot: false, clock: 'monotonic' } as Session;
const MIB = 1024 * 1024;

const attributesOf = (wanted: Partial<ChannelAttributes>, session = SESSION) =>
  kernelAttributes(session, { ...defaultKernelChannel(1), ...wanted });

describe('a kernel channel', () => {
  it('has 8 MiB for each CPU by default, and less where that would be more than 256 MiB', () => {
    const bytesFor = (cpus: number) => {
      const { subBufBytes, subBufCount } = defaultKernelChannel(cpus);
      return subBufBytes * subBufCount;
    };
    expect([1, 2, 32, 64, 128, 4096].map(bytesFor)).toEqual([8, 8, 8, 4, 2, 1].map((mib) => mib * MIB));
  });

  it('keeps the size of its buffers, in sub-buffers that the kernel has', () => {
    expect(attributesOf({ subBufBytes: MIB, subBufCount: 4 })).toMatchObject({ subBufBytes: MIB / 2, subBufCount: 8 });
    expect(attributesOf({ subBufBytes: 100, subBufCount: 1 })).toMatchObject({ subBufBytes: 4096, subBufCount: 2 });
    expect(attributesOf({ subBufBytes: 65_537, subBufCount: 3 })).toMatchObject({
      subBufBytes: 131_072,
      subBufCount: 4,
    });
  });

  it("belongs to the system, also with user space's attributes", () => {
    expect(attributesOf(DEFAULT_CHANNEL)).toMatchObject({
      ownership: 'system',
      preallocation: 'preallocate',
      readTimerUs: 10_000,
    });
  });

  it.each([
    [{ ownership: 'process' }, 'UNSUPPORTED'],
    [{ reclaimAfterUs: 0 }, 'UNSUPPORTED'],
    [{ blockingTimeoutUs: null }, 'BAD_PARAMETER'],
    [{ traceFileBytes: 4096 }, 'BAD_PARAMETER'],
    [{ traceFileCount: 2 }, 'BAD_PARAMETER'],
    [{ readTimerUs: 2 ** 40 }, 'BAD_PARAMETER'],
  ] as const)('refuses %j', (wanted, code) => {
    expect(() => attributesOf(wanted)).toThrowError(expect.objectContaining({ code }));
  });

  it('overwrites in a flight recorder', () => {
    expect(attributesOf({ mode: 'discard' }, { ...SESSION, snapshot: true })).toMatchObject({ mode: 'overwrite' });
    expect(attributesOf({ mode: 'discard' })).toMatchObject({ mode: 'discard' });
  });

  it('is refused with the clock tsc', () => {
    const session = { ...SESSION, clock: 'tsc' as const };
    expect(() => attributesOf({}, session)).toThrowError(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });
});
