import { readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadPosix, type Posix } from '../load.ts';

const { posix } = loadPosix() as { posix: Posix };
const processors = readFileSync('/proc/cpuinfo', 'latin1').split('\nprocessor').length;
const PERF_SOFTWARE = 1;
const PERF_TASK_CLOCK = 1;

describe('a thread', () => {
  it('knows the processor that it runs on, by a call and by looking into its own memory', () => {
    const called = posix.getProcessor();
    expect(called).toBeGreaterThanOrEqual(0);
    expect(called).toBeLessThan(processors);
    const word = posix.processorWord();
    if (word === undefined) {
      console.warn('not tested: this C library keeps no processor number in the thread');
      return;
    }
    // The scheduler may move the thread between two looks, but not each time.
    expect(Array.from({ length: 100 }, () => posix.getProcessor() === word[0])).toContain(true);
  });

  it('knows real, effective and saved identifiers', () => {
    const status = readFileSync('/proc/self/status', 'latin1');
    const idsOf = (key: string) =>
      new RegExp(`^${key}:\\t(\\d+)\\t(\\d+)\\t(\\d+)`, 'm').exec(status)?.slice(1).map(Number);
    expect(posix.userIds()).toEqual(idsOf('Uid'));
    expect(posix.groupIds()).toEqual(idsOf('Gid'));
  });

  it('counts its work, or throws the reason why it may not', () => {
    let fd: number;
    try {
      fd = posix.openCounter(PERF_SOFTWARE, PERF_TASK_CLOCK);
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^E/), message: expect.stringMatching(/^perf_event/) });
      console.warn(`not tested: ${(error as Error).message}`);
      return;
    }
    onTestFinished(() => posix.closeFd(fd));
    expect(readlinkSync(`/proc/self/fd/${fd}`)).toContain('perf_event');
    const first = posix.readCounter(fd);
    for (let i = 0; i < 1000; i++) posix.gettid();
    expect(posix.readCounter(fd)).toBeGreaterThan(first);
  });

  it('throws an error for a counter that no machine has', () => {
    expect(() => posix.openCounter(99_999, 0)).toThrow(/^perf_event_open: /);
    expect(() => posix.readCounter(-1)).toThrow(/^read of a perf counter: .*EBADF/);
  });
});
