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
import { KERNEL_UUID, requests } from '../testing/requests.test.support.ts';
import { TestRing } from '../testing/test-ring.test.support.ts';

vi.mock('node:fs', async (importOriginal) => {
  const { mortalFs } = await import('../testing/mortal-fs.test.support.ts');
  return mortalFs(await importOriginal<typeof import('node:fs')>());
});

const USER_PLACE = 'ust/uid/0/64-bit';
const KERNEL_PLACE = 'kernel';

/** A consumer that has been told of the session and of its rings: the second one is of another domain. */
function makeConsumer(root: string, [user, kernel]: readonly TestRing[]): Consumer {
  life.descriptors.clear();
  const consumer = new Consumer({ calls: systemCalls, timers: new FakeTimers(), log: () => {} });
  const { setUp, kernelSetUp, openRing } = requests(root);
  for (const [idx, ring] of [user, kernel].entries()) {
    if (ring === undefined) continue;
    const [openTrace, openChannel, declareEvents] = idx === 0 ? setUp : kernelSetUp;
    const attributes = { ...openChannel.attributes, traceFileBytes: 5000 };
    for (const command of [openTrace, { ...openChannel, attributes }, declareEvents]) consumer.handle(command);
    consumer.handle(openRing(idx + 1, ring, { channel: openChannel.channel }));
  }
  return consumer;
}

interface Aftermath {
  readonly archived: number[];
  readonly current: number[];
  /** The same of the second domain. */
  readonly kernel: { readonly archived: number[]; readonly current: number[] };
  readonly statistics: SessionStatistics;
}

/**
 * Has a consumer with 1000 events, 200 of them new, carry a command out and die after this number of changes; then
 * another one carry it out, record 100 more events and end. With two domains, each has these events.
 *
 * @returns null if the first one lived to answer
 */
function dieAfter(changes: number, commandIn: (root: string) => OrderedCommand, domains: 1 | 2): Aftermath | null {
  const root = mkdtempSync(join(tmpdir(), 'ringtail-killed-'));
  const rings = [new TestRing({ directory: root })];
  if (domains === 2) rings.push(new TestRing({ directory: root, name: 'kernel.ring', uuid: KERNEL_UUID }));
  const record = (count: number) => {
    for (const ring of rings) ring.record(count);
  };
  try {
    const first = makeConsumer(root, rings);
    record(800);
    first.handle({ type: 'flush', session: 's' });
    record(200);
    life.changesLeft = changes;
    let answered = false;
    try {
      first.handle(commandIn(root));
      answered = true;
    } catch (error) {
      expect((error as Error).message).toMatch(/killed$/);
    }
    bury(closeSync);
    const second = makeConsumer(root, rings);
    second.handle(commandIn(root));
    record(100);
    const statistics = second.handle({ type: 'close-session', session: 's' }) as SessionStatistics;
    second.close();
    const chunksOf = (place: string) => ({
      archived: numbersIn(join(root, 'out/archives/a', place)),
      current: numbersIn(join(root, 'out', place)),
    });
    const aftermath = { ...chunksOf(USER_PLACE), kernel: chunksOf(KERNEL_PLACE), statistics };
    return answered ? null : aftermath;
  } finally {
    life.changesLeft = Number.POSITIVE_INFINITY;
    for (const ring of rings) ring.close();
    rmSync(root, { recursive: true, force: true });
  }
}

/** The numbers of all records in the directory of a trace, file by file. */
function numbersIn(directory: string): number[] {
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory).filter((name) => /^channel0_[12]_/.test(name));
  const inOrder = files.sort((a, b) => Number(a.slice(11)) - Number(b.slice(11)));
  return inOrder.flatMap((name) => readStream(join(directory, name)).numbers);
}

/** Every moment at which the first consumer can die from change `first` on, until it lives. */
function eachDeath(
  commandIn: (root: string) => OrderedCommand,
  check: (aftermath: Aftermath) => void,
  { domains = 1, first = 0 }: { readonly domains?: 1 | 2; readonly first?: number } = {},
): number {
  onTestFinished(() => {
    life.changesLeft = Number.POSITIVE_INFINITY;
  });
  for (let changes = first; ; changes++) {
    const aftermath = dieAfter(changes, commandIn, domains);
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

  it('leaves the chunk of each domain whole, in the archive or where it was', () => {
    let inPart = 0;
    eachDeath(
      (root) => ({ type: 'rotate', session: 's', archive: directoryAt(join(root, 'out/archives/a')) }),
      ({ archived, current, kernel, statistics }) => {
        expect([...archived, ...current]).toEqual(range(0, 1100));
        expect([...kernel.archived, ...kernel.current]).toEqual(range(0, 1100));
        expect(current.length).toBeLessThanOrEqual(300);
        if (kernel.archived.length === 0) inPart += 1;
        else expect(kernel.current.length).toBeLessThanOrEqual(300);
        expect(statistics).toMatchObject({ eventsRecorded: 2200, eventsLost: 0, packetsLost: 0, troubles: [] });
      },
      // Deaths before change 40 repeat, for each domain, the cases of one domain.
      { domains: 2, first: 40 },
    );
    expect(inPart).toBeGreaterThan(0);
  });

  it('leaves a clear of two domains that the next one completes', () => {
    eachDeath(
      () => ({ type: 'clear', session: 's' }),
      ({ current, kernel, statistics }) => {
        expect([current, kernel.current]).toEqual([range(1000, 1100), range(1000, 1100)]);
        expect(statistics).toMatchObject({ eventsRecorded: 200, eventsLost: 0, packetsLost: 0, troubles: [] });
      },
      { domains: 2 },
    );
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
