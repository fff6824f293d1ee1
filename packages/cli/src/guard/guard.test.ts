import { NO_STATISTICS, type ProcessEnd, type SnapshotRecorded } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { styleFor } from '../output/style.ts';
import { describeEnd, endOf } from '../record/command-end.ts';
import { ProcessWatch } from '../record/process-watch.ts';
import { describeGuarded, type Guarded, guardJson } from './guard-summary.ts';
import { SnapshotQueue } from './snapshot-queue.ts';
import { isWanted, parseSnapshotCauses, SNAPSHOT_CAUSES } from './wanted-ends.ts';

const code = (exitCode: number, exception: string | null = null): ProcessEnd => ({
  cause: exception === null ? 'exit-code' : 'exception',
  exitCode,
  signal: null,
  abortedBy: null,
  exception,
});
const killed = (name: string, cause: ProcessEnd['cause'] = 'signal'): ProcessEnd => ({
  cause,
  exitCode: null,
  signal: { number: 1, name, coreDumped: name === 'SIGSEGV' },
  abortedBy: null,
  exception: null,
});
const UNKNOWN: ProcessEnd = { cause: 'unknown', exitCode: null, signal: null, abortedBy: null, exception: null };

describe('the ends that a snapshot is recorded of', () => {
  it.each([
    [code(0), []],
    [code(3), ['exit-code']],
    [code(1, 'Error: x'), ['crash', 'exit-code']],
    [killed('SIGSEGV'), ['crash', 'signal']],
    [killed('SIGKILL'), ['crash', 'signal']],
    [killed('SIGKILL', 'out-of-memory'), ['crash', 'signal']],
    [killed('SIGTERM'), ['signal']],
    [killed('SIGINT'), ['signal']],
    [UNKNOWN, ['crash', 'signal']],
  ])('%o is one for %s', (end, expected) => {
    expect(SNAPSHOT_CAUSES.filter((cause) => isWanted(end, [cause], new Set()))).toEqual(expected);
  });

  it('do not include an exit code that answers a signal that we were sent', () => {
    expect(isWanted(code(143), ['exit-code'], new Set())).toBe(true);
    expect(isWanted(code(143), ['exit-code'], new Set<NodeJS.Signals>(['SIGTERM']))).toBe(false);
  });

  it('are named on the command line', () => {
    expect(parseSnapshotCauses('stall,crash,stall')).toEqual(['stall', 'crash']);
    expect(() => parseSnapshotCauses('crash,stal')).toThrow('"stal" is nothing that a snapshot is recorded of');
  });

  it('are what the parent is told, with what the daemon knows besides', () => {
    expect(endOf({ code: 1, signal: null }, code(1, 'Error: x'))).toEqual(code(1, 'Error: x'));
    expect(endOf({ code: 2, signal: null }, undefined)).toEqual(code(2));
    const oom = endOf({ code: null, signal: 'SIGKILL' }, killed('SIGKILL', 'out-of-memory'));
    expect(describeEnd(oom)).toBe('was killed by SIGKILL for want of memory');
    expect(describeEnd(endOf({ code: null, signal: 'SIGSEGV' }, killed('SIGSEGV')))).toBe(
      'was killed by SIGSEGV, with a core dump',
    );
    expect(describeEnd(UNKNOWN)).toBe('ended, and nobody knows why');
    const abort = { code: null, signal: 'SIGABRT' } as const;
    expect(endOf(abort, { ...killed('SIGABRT'), abortedBy: 'process.abort' }).abortedBy).toBe('process.abort');
    expect(endOf(abort, undefined).abortedBy).toBeNull();
  });
});

describe('the queue of snapshots', () => {
  /** Each is recorded when the test says so. */
  function queueOf(max: number) {
    const begun: string[] = [];
    let finish: (() => void) | undefined;
    const queue = new SnapshotQueue((name) => {
      begun.push(name);
      return new Promise((resolve, reject) => {
        finish = () =>
          name === 'bad' ? reject(new Error('the disk is full')) : resolve({ path: name, statistics: NO_STATISTICS });
      });
    }, max);
    const next = async (): Promise<void> => {
      finish?.();
      for (let i = 0; i < 10; i++) await Promise.resolve();
    };
    return { queue, begun, next };
  }

  it('records one at a time, and one for all that ask meanwhile', async () => {
    const { queue, begun, next } = queueOf(10);
    for (const reason of ['1', '2', '3']) queue.add(reason, reason);
    expect(begun).toEqual(['1']);
    await next();
    expect(begun).toEqual(['1', '2']);
    await next();
    await queue.idle();
    expect(queue.snapshots.map(({ reasons }) => reasons)).toEqual([['1'], ['2', '3']]);
    expect(queue.missed).toBe(0);
  });

  it('goes on after one that failed, and says why it did', async () => {
    const { queue, next } = queueOf(10);
    queue.add('bad', 'a');
    queue.add('good', 'b');
    await next();
    await next();
    await queue.idle();
    expect(queue.snapshots).toEqual([
      { reasons: ['a'], recorded: null, problem: 'the disk is full' },
      { reasons: ['b'], recorded: { path: 'good', statistics: NO_STATISTICS }, problem: null },
    ]);
  });

  it('keeps the last one for the end, and counts what got none', async () => {
    const { queue, begun, next } = queueOf(3);
    for (let i = 0; i < 6; i++) {
      queue.add(`${i}`, `${i}`);
      await next();
    }
    expect(begun).toEqual(['0', '1']);
    expect(queue.missed).toBe(4);
    queue.addLast('end', 'end');
    await next();
    await queue.idle();
    expect(queue.snapshots.map(({ recorded }) => recorded?.path)).toEqual(['0', '1', 'end']);
  });

  it('has one for the end also where a full one is being recorded', async () => {
    const { queue, next } = queueOf(2);
    queue.add('a', 'a');
    queue.add('b', 'b');
    queue.addLast('end', 'end');
    await next();
    await next();
    await queue.idle();
    expect(queue.snapshots.map(({ reasons }) => reasons)).toEqual([['a'], ['end']]);
    expect(queue.missed).toBe(1);
  });
});

describe('the watch over processes', () => {
  it('tells of ends, and is settled when all that have ended are told of', async () => {
    const ended: number[] = [];
    const watch = new ProcessWatch({ ended: ({ pid }) => ended.push(pid), fired: () => undefined });
    const [pid, tid] = [2 ** 22 + 1, 5];
    const names = { procname: 'node', program: 'app.js' };
    watch.take({ kind: 'application-registered', pid: process.pid, tid, ...names });
    watch.take({ kind: 'application-registered', pid, tid, ...names });
    watch.take({ kind: 'application-registered', pid, tid: 6, ...names });
    watch.take({ kind: 'application-gone', pid, tid: 6, ...names });
    const settled = watch.settled(60_000);
    watch.take({ kind: 'application-gone', pid, tid, ...names, end: code(3) });
    await settled;
    expect(ended).toEqual([pid]);
    expect(watch.ends.get(pid)).toEqual(code(3));
  });
});

describe('the summary of a guarded command', () => {
  const recorded: SnapshotRecorded = {
    path: '/t/crash-1',
    statistics: { ...NO_STATISTICS, eventsRecorded: 2, bytes: 5 },
  };
  const guarded: Guarded = {
    command: 'node app.js',
    seconds: 1,
    end: code(1, 'Error: boom\n    at a.js:1'),
    isWanted: true,
    snapshots: [
      { reasons: ['process 7 (node) was killed by SIGSEGV', 'x'], recorded: null, problem: 'the disk is full' },
      { reasons: ['the command ended'], recorded, problem: null },
    ],
    missed: 3,
    lastEvents: ['[1] a', '[2] b'],
    others: [{ text: '7 (node) was killed by SIGSEGV', end: killed('SIGSEGV') }],
    survivors: [9],
    report: null,
    findings: [],
  };

  it('says what ended and how, its exception, its last events, and where the trace is', () => {
    expect(
      describeGuarded(styleFor({}, {}), guarded),
    ).toBe(`ringtail: node app.js ended by an uncaught exception (exit code 1) after 1.00 s
  process    7 (node) was killed by SIGSEGV
  exception  Error: boom
                 at a.js:1
  warning: no snapshot of what was recorded (process 7 (node) was killed by SIGSEGV, and 1 more): the disk is full
  trace      /t/crash-1 (2 events, 0 discarded, 5 B; the command ended)
  show it    ringtail view /t/crash-1  or  babeltrace2 /t/crash-1
  warning: 3 more reasons for a snapshot, and no more snapshots: there are enough
  still run  9
  last       [1] a
             [2] b`);
  });

  it('names the causes of a SIGABRT without a known reason, heap limit of V8 included', () => {
    const summaryOf = (signal: string) =>
      describeGuarded(styleFor({}, {}), { ...guarded, end: killed(signal), others: [] });
    expect(summaryOf('SIGABRT')).toContain(`was killed by SIGABRT after 1.00 s
  SIGABRT    V8's heap limit, if the program's last lines say "heap out of memory":
             raise it with --max-old-space-size=MIB, in the command or in NODE_OPTIONS
             otherwise a failed check of native code, a signal from outside, or process.abort()
`);
    expect(summaryOf('SIGSEGV')).not.toContain('heap limit');
  });

  it('says what made a program abort where that is known', () => {
    const aborted = (abortedBy: ProcessEnd['abortedBy']): ProcessEnd => ({ ...killed('SIGABRT'), abortedBy });
    const summaryOf = (end: ProcessEnd, others: Guarded['others'] = []) =>
      describeGuarded(styleFor({}, {}), { ...guarded, end, others });
    const advice = '  heap limit raise it with --max-old-space-size=MIB, in the command or in NODE_OPTIONS\n';
    const atLimit = summaryOf(aborted('heap-limit'));
    expect(atLimit).toContain(`ringtail: node app.js was killed by SIGABRT at V8's heap limit after 1.00 s\n${advice}`);
    expect(atLimit).not.toContain('otherwise');
    const byItself = summaryOf(aborted('process.abort'));
    expect(byItself).toContain('node app.js was killed by SIGABRT of process.abort() after 1.00 s\n  warning');
    expect(byItself).not.toContain('heap limit');
    expect(summaryOf(code(1), [{ text: '7 (x) was killed', end: aborted('heap-limit') }])).toContain(advice);
    expect(guardJson({ ...guarded, end: aborted('heap-limit') })).toMatchObject({ abortedBy: 'heap-limit' });
  });

  it('says why there are no events', () => {
    const nothing: Guarded = {
      ...guarded,
      snapshots: [{ reasons: ['it ended'], recorded: { path: '/t/x', statistics: NO_STATISTICS }, problem: null }],
      lastEvents: [],
      findings: [{ code: 'NO_APPLICATION', what: 'No program', evidence: ['none'], nextStep: 'run one' }],
    };
    const text = describeGuarded(styleFor({}, {}), nothing);
    expect(text).toContain('  trace      no events in memory (it ended)\n  No program:\n    none\n    next: run one');
    expect(guardJson(nothing)).toMatchObject({ explanation: expect.stringContaining('No program') });
    expect(guardJson(guarded)).not.toHaveProperty('explanation');
  });

  it('is empty where all ended well', () => {
    const well: Guarded = { ...guarded, end: code(0), isWanted: false, snapshots: [], missed: 0, others: [] };
    expect(describeGuarded(styleFor({}, {}), well)).toBe('');
    expect(guardJson(well)).toMatchObject({ exitCode: 0, cause: null, snapshots: [] });
  });
});
