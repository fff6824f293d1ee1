import { closeSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import { directoryAt, type SessionStatistics } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Consumer, type OrderedCommand } from '../consumer.ts';
import { systemCalls } from '../output/files/file-calls.ts';
import { bury, life } from '../testing/mortal-fs.test.support.ts';
import { readStream } from '../testing/read-stream.test.support.ts';
import { requests } from '../testing/requests.test.support.ts';
import { TestRing } from '../testing/test-ring.test.support.ts';

vi.mock('node:fs', async (importOriginal) => {
  const { mortalFs } = await import('../testing/mortal-fs.test.support.ts');
  return mortalFs(await importOriginal<typeof import('node:fs')>());
});

/** A consumer that has been told of the session and of its ring. */
function makeConsumer(root: string, ring: TestRing): Consumer {
  life.descriptors.clear();
  const consumer = new Consumer({ calls: systemCalls, timers: new FakeTimers(), log: () => {} });
  const { setUp, openRing } = requests(root);
  const [openTrace, openChannel, declareEvents] = setUp;
  const attributes = { ...openChannel.attributes, traceFileBytes: 5000 };
  for (const command of [openTrace, { ...openChannel, attributes }, declareEvents, openRing(1, ring)]) {
    consumer.handle(command);
  }
  return consumer;
}

interface Aftermath {
  readonly root: string;
  readonly archived: number[];
  readonly current: number[];
  readonly statistics: SessionStatistics;
}

/**
 * Has a consumer with 1000 events, 200 of them new, carry a command out and die after so many changes; then another one
 * carry it out, record 100 more events and end.
 *
 * @returns null if the first one lived to answer
 */
function dieAfter(changes: number, commandIn: (root: string) => OrderedCommand): Aftermath | null {
  const root = mkdtempSync(join(tmpdir(), 'ringtail-killed-'));
  const ring = new TestRing({ directory: root });
  try {
    const first = makeConsumer(root, ring);
    ring.record(800);
    first.handle({ type: 'flush', session: 's' });
    ring.record(200);
    life.changesLeft = changes;
    let answered = false;
    try {
      first.handle(commandIn(root));
      answered = true;
    } catch (error) {
      expect((error as Error).message).toMatch(/killed$/);
    }
    bury(closeSync);
    const second = makeConsumer(root, ring);
    second.handle(commandIn(root));
    ring.record(100);
    const statistics = second.handle({ type: 'close-session', session: 's' }) as SessionStatistics;
    second.close();
    const aftermath = {
      root,
      archived: numbersIn(join(root, 'out/archives/a')),
      current: numbersIn(join(root, 'out')),
      statistics,
    };
    return answered ? null : aftermath;
  } finally {
    life.changesLeft = Number.POSITIVE_INFINITY;
    ring.close();
    rmSync(root, { recursive: true, force: true });
  }
}

/** The numbers of all records in a trace chunk, file by file. */
function numbersIn(chunk: string): number[] {
  const directory = join(chunk, 'ust/uid/0/64-bit');
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory).filter((name) => name.startsWith('channel0_1_'));
  const inOrder = files.sort((a, b) => Number(a.slice(11)) - Number(b.slice(11)));
  return inOrder.flatMap((name) => readStream(join(directory, name)).numbers);
}

/** Every moment at which the first consumer can die, until it lives. */
function eachDeath(commandIn: (root: string) => OrderedCommand, check: (aftermath: Aftermath) => void): number {
  onTestFinished(() => {
    life.changesLeft = Number.POSITIVE_INFINITY;
  });
  for (let changes = 0; ; changes++) {
    const aftermath = dieAfter(changes, commandIn);
    if (aftermath === null) return changes;
    check(aftermath);
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('a consumer that dies between any two changes of the file system', () => {
  it('leaves a rotation that the next one completes once', () => {
    const deaths = eachDeath(
      (root) => ({ type: 'rotate', session: 's', archive: directoryAt(join(root, 'out/archives/a')) }),
      ({ archived, current, statistics }) => {
        expect([...archived, ...current]).toEqual(range(0, 1100));
        expect(current.length).toBeLessThanOrEqual(300);
        expect(statistics).toMatchObject({ eventsRecorded: 1100, eventsLost: 0, packetsLost: 0, troubles: [] });
      },
    );
    expect(deaths).toBeGreaterThan(20);
  });

  it('leaves a clear that the next one completes', () => {
    const deaths = eachDeath(
      () => ({ type: 'clear', session: 's' }),
      ({ current, statistics }) => {
        expect(current).toEqual(range(1000, 1100));
        expect(statistics).toMatchObject({
          eventsRecorded: 100,
          eventsLost: 0,
          packetsLost: 0,
          packets: 1,
          troubles: [],
        });
      },
    );
    expect(deaths).toBeGreaterThan(5);
  });

  it('leaves data streams that the next one continues, when it flushes', () => {
    const deaths = eachDeath(
      () => ({ type: 'flush', session: 's' }),
      ({ current, statistics }) => {
        expect(current).toEqual(range(0, 1100));
        expect(statistics).toMatchObject({ eventsRecorded: 1100, eventsLost: 0, packetsLost: 0, troubles: [] });
      },
    );
    expect(deaths).toBeGreaterThan(5);
  });

  it('leaves metadata that the next one rewrites', () => {
    const deaths = eachDeath(
      () => ({ type: 'regenerate-metadata', trace: 1, clockOffsetNs: '1' }),
      ({ current, statistics }) => {
        expect(current).toEqual(range(0, 1100));
        expect(statistics).toMatchObject({ eventsRecorded: 1100, eventsLost: 0, packetsLost: 0, troubles: [] });
      },
    );
    expect(deaths).toBeGreaterThan(5);
  });
});
