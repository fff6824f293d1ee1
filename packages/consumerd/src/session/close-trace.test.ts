import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import { type CountClosedTracesRequest, directoryAt, type SessionStatistics } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consumer, type OrderedCommand } from '../consumer.ts';
import { systemCalls } from '../output/files/file-calls.ts';
import { readStream } from '../testing/read-stream.test.support.ts';
import { requests } from '../testing/requests.test.support.ts';
import { TestRing, TRACE_UUID } from '../testing/test-ring.test.support.ts';

const PLACE = 'ust/pid/app-10-20260101-000000';

let root: string;
let ring: TestRing;
let consumers: Consumer[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-close-'));
  ring = new TestRing({ directory: root });
  consumers = [];
});
afterEach(() => {
  for (const consumer of consumers) consumer.close();
  ring.close();
  rmSync(root, { recursive: true, force: true });
});

const out = (...parts: string[]) => join(root, 'out', ...parts);
const checkpoints = () => out('.ringtail', TRACE_UUID);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A consumer that was told of the trace, after what `before` says. */
function makeConsumer(...before: OrderedCommand[]): Consumer {
  const consumer = new Consumer({ calls: systemCalls, timers: new FakeTimers(), log: () => {} });
  consumers.push(consumer);
  for (const command of before) consumer.handle(command);
  return consumer;
}

function openTrace(consumer: Consumer): void {
  const [trace, ...rest] = requests(root).setUp;
  for (const command of [{ ...trace, tracePath: PLACE, ringDirectory: null }, ...rest]) consumer.handle(command);
}

/** The trace with that many events, all its rings closed. */
function recorded(consumer: Consumer, events: number): void {
  openTrace(consumer);
  consumer.handle(requests(root).openRing(1, ring));
  ring.record(events);
  consumer.handle({ type: 'close-ring', ring: 1 });
}

const closeTrace = (consumer: Consumer) => consumer.handle({ type: 'close-trace', trace: 1 }) as SessionStatistics;
const statisticsOf = (consumer: Consumer) => consumer.handle({ type: 'statistics', session: 's' }) as SessionStatistics;
const removeCheckpoints = () => {
  const { owner } = requests(root).setUp[0];
  return { type: 'remove-checkpoints', output: directoryAt(out()), owner, uuid: TRACE_UUID } as const;
};
const counted = (statistics: SessionStatistics): CountClosedTracesRequest => {
  const { session, output, snapshot, owner } = requests(root).setUp[0];
  return { type: 'count-closed-traces', session, output, snapshot, owner, statistics };
};

/** Files of this test that this process has open, but for the ring's. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(join('/proc/self/fd', fd));
      return target.startsWith(out()) ? [target] : [];
    } catch {
      return [];
    }
  });
}

describe('a trace that is refused', () => {
  it('for checkpoints that cannot be read has no file open, and is taken once they can', () => {
    const consumer = makeConsumer();
    const inTheWay = join(checkpoints(), 'channel0_1.checkpoint');
    mkdirSync(inTheWay, { recursive: true });
    expect(() => openTrace(consumer)).toThrow(/EISDIR/);
    expect(openFiles()).toEqual([]);
    rmdirSync(inTheWay);
    openTrace(consumer);
    expect(openFiles().sort()).toEqual([out(PLACE), out(PLACE, 'metadata')]);
  });
});

describe('a trace that is closed', () => {
  it('has its files closed, and its session goes on counting its statistics', () => {
    const consumer = makeConsumer();
    recorded(consumer, 1000);
    expect(openFiles()).not.toEqual([]);
    expect(closeTrace(consumer)).toMatchObject({ eventsRecorded: 1000, packets: 3, dataStreams: 1 });
    expect(openFiles()).toEqual([]);
    expect(statisticsOf(consumer)).toMatchObject({ eventsRecorded: 1000, packets: 3, dataStreams: 1 });
    expect(readStream(out(PLACE, 'channel0_1')).numbers).toEqual(upTo(1000));
    expect(() => closeTrace(consumer)).toThrowError(expect.objectContaining({ code: 'NO_TRACE' }));
    expect(consumer.handle({ type: 'close-session', session: 's' })).toMatchObject({ eventsRecorded: 1000 });
  });

  it('drains a ring that is still open', () => {
    const consumer = makeConsumer();
    openTrace(consumer);
    consumer.handle(requests(root).openRing(1, ring));
    ring.record(10);
    expect(closeTrace(consumer)).toMatchObject({ eventsRecorded: 10 });
    expect(readStream(out(PLACE, 'channel0_1')).numbers).toEqual(upTo(10));
  });

  it('is counted once, whether the consumer dies before its answer is read or after it', () => {
    const first = makeConsumer();
    recorded(first, 100);
    const unread = closeTrace(first);
    const second = makeConsumer();
    openTrace(second);
    const answer = closeTrace(second);
    expect(answer).toEqual(unread);
    const third = makeConsumer(counted(answer), removeCheckpoints());
    expect(statisticsOf(third)).toMatchObject({ eventsRecorded: 100, dataStreams: 1 });
    expect(existsSync(checkpoints())).toBe(false);
  });

  it('leaves no checkpoints once its statistics are known', () => {
    const consumer = makeConsumer();
    recorded(consumer, 10);
    closeTrace(consumer);
    expect(readdirSync(checkpoints())).toEqual(['channel0_1.checkpoint']);
    for (let times = 0; times < 2; times++) expect(consumer.handle(removeCheckpoints())).toBeNull();
    expect(existsSync(checkpoints())).toBe(false);
    expect(statisticsOf(consumer)).toMatchObject({ eventsRecorded: 10 });
  });

  it.each(['the consumer that closed it', 'another one'])('is archived by %s though no trace is open', (who) => {
    const first = makeConsumer();
    recorded(first, 10);
    const answer = closeTrace(first);
    const consumer = who === 'another one' ? makeConsumer(counted(answer)) : first;
    for (const name of ['a', 'b']) {
      const statistics = consumer.handle({ type: 'rotate', session: 's', archive: directoryAt(out('archives', name)) });
      expect(statistics).toMatchObject({ eventsRecorded: 10 });
    }
    expect(readStream(out('archives', 'a', PLACE, 'channel0_1')).numbers).toEqual(upTo(10));
    expect(readdirSync(out('archives', 'b'))).toEqual(['ust']);
    openTrace(consumer);
    expect(readdirSync(out(PLACE))).toEqual(['metadata']);
  });

  it.each(['the consumer that closed it', 'another one'])('is removed when its session is cleared by %s', (who) => {
    const first = makeConsumer();
    recorded(first, 10);
    const answer = closeTrace(first);
    const consumer = who === 'another one' ? makeConsumer(counted(answer)) : first;
    expect(consumer.handle({ type: 'clear', session: 's' })).toMatchObject({ eventsRecorded: 0, dataStreams: 0 });
    expect(readdirSync(out('ust', 'pid'))).toEqual([]);
  });

  it('of a process that is still there survives a clear, with its metadata', () => {
    const consumer = makeConsumer();
    recorded(consumer, 10);
    expect(consumer.handle({ type: 'clear', session: 's' })).toMatchObject({ eventsRecorded: 0 });
    expect(readdirSync(out(PLACE)).sort()).toEqual(['index', 'metadata']);
  });
});
