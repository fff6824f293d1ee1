import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { describeEnd, type EndEvidence, processEndOf } from './process-end.ts';

const evidence = (more: Partial<EndEvidence>): EndEvidence => ({
  status: undefined,
  goodbye: undefined,
  abort: null,
  oomKilled: () => false,
  ...more,
});
const nothing = { exitCode: null, signal: null, abortedBy: null, exception: null };
const signal = (number: number, name: string, coreDumped = false) => ({ number, name, coreDumped });

describe('processEndOf', () => {
  it.each([
    ['nothing is known', {}, { ...nothing, cause: 'unknown' }],
    ['it exits', { status: 3 << 8 }, { ...nothing, cause: 'exit-code', exitCode: 3 }],
    ['it exits well', { status: 0 }, { ...nothing, cause: 'exit-code', exitCode: 0 }],
    ['it is killed', { status: 9 }, { ...nothing, cause: 'signal', signal: signal(9, 'SIGKILL') }],
    [
      'it leaves a core dump',
      { status: 0x80 | 11 },
      { ...nothing, cause: 'signal', signal: signal(11, 'SIGSEGV', true) },
    ],
    ['a real-time signal ends it', { status: 40 }, { ...nothing, cause: 'signal', signal: signal(40, 'signal 40') }],
    [
      'the kernel needs its memory',
      { status: 9, oomKilled: () => true },
      { ...nothing, cause: 'out-of-memory', signal: signal(9, 'SIGKILL') },
    ],
    [
      'it aborts while others lack memory',
      { status: 6, oomKilled: () => true },
      { ...nothing, cause: 'signal', signal: signal(6, 'SIGABRT') },
    ],
    [
      'it has marked that it reaches its heap limit and aborts',
      { status: 0x86, abort: 'heap-limit' },
      { ...nothing, cause: 'signal', signal: signal(6, 'SIGABRT', true), abortedBy: 'heap-limit' },
    ],
    [
      'it has marked an abort and another signal ends it',
      { status: 9, abort: 'process.abort' },
      { ...nothing, cause: 'signal', signal: signal(9, 'SIGKILL') },
    ],
    ['it says goodbye', { goodbye: { exitCode: 7, exception: null } }, { ...nothing, cause: 'exit-code', exitCode: 7 }],
    [
      'it says goodbye because of an exception',
      { status: 1 << 8, goodbye: { exitCode: 1, exception: 'Error: no' } },
      { ...nothing, cause: 'exception', exitCode: 1, exception: 'Error: no' },
    ],
    [
      'it says goodbye and is killed then',
      { status: 9, goodbye: { exitCode: 0, exception: null } },
      { ...nothing, cause: 'signal', signal: signal(9, 'SIGKILL') },
    ],
  ] as const)('when %s', (_, known, end) => {
    expect(processEndOf(evidence(known))).toEqual(end);
  });

  it('checks for short memory only where it matters', () => {
    const oomKilled = () => {
      throw new Error('asked');
    };
    for (const status of [undefined, 0, 6, 11]) processEndOf(evidence({ status, oomKilled }));
  });

  it('names every signal as Node.js does', () => {
    for (const number of Object.values(constants.signals)) {
      const name = processEndOf(evidence({ status: number })).signal?.name ?? '';
      expect((constants.signals as Record<string, number>)[name]).toBe(number);
    }
  });
});

describe('describeEnd', () => {
  it.each([
    [{}, 'ended for an unknown reason'],
    [{ status: 3 << 8 }, 'ended with exit code 3'],
    [{ status: 0x8b }, 'ended by SIGSEGV, with a core dump'],
    [{ status: 0x86, abort: 'heap-limit' }, 'ended by SIGABRT (heap-limit), with a core dump'],
    [{ status: 9, oomKilled: () => true }, 'ended by SIGKILL, for want of memory'],
    [{ goodbye: { exitCode: 1, exception: 'Error: no' } }, 'ended by an exception, with exit code 1'],
  ] as const)('%j: %s', (known, words) => {
    expect(describeEnd(processEndOf(evidence(known)))).toBe(words);
  });
});
