import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import { RingMode } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '../consumer.ts';
import { systemCalls } from '../output/files/file-calls.ts';
import { readStream } from '../testing/read-stream.test.support.ts';
import { requests } from '../testing/requests.test.support.ts';
import { TestRing, type TestRingOptions } from '../testing/test-ring.test.support.ts';
import { recoverRings } from './recover-rings.ts';

let root: string;
let rings: TestRing[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-crash-'));
  mkdirSync(shm());
  rings = [];
});
afterEach(() => {
  for (const ring of rings) ring.close();
  rmSync(root, { recursive: true, force: true });
});

const shm = () => join(root, 'shm');
const recovered = (name: string) => join(root, 'recovered', name);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

function makeRing(options: Partial<TestRingOptions> = {}): TestRing {
  const ring = new TestRing({ directory: shm(), name: `channel0_10-11-${rings.length + 1}.ring`, ...options });
  rings.push(ring);
  return ring;
}

/** A session with these rings, in which a consumer has drained what was in closed sub-buffers, and died. */
function recordSession(record: (first: TestRing, second: TestRing) => void, ringOptions = {}): void {
  const [first, second] = [makeRing(ringOptions), makeRing(ringOptions)];
  const timers = new FakeTimers();
  const consumer = new Consumer({ calls: systemCalls, timers, log: () => {} });
  const { setUp, openRing } = requests(shm());
  for (const command of [...setUp, openRing(1, first), openRing(2, second)]) consumer.handle(command);
  record(first, second);
  timers.advance(10);
}

describe('recoverRings', () => {
  it('gives the events that the session’s own trace lacks, and leaves the rings as they are', () => {
    recordSession((first, second) => {
      first.record(1000);
      second.record(7);
    });
    const before = rings.map((ring) => readFileSync(ring.path));
    const { traces } = recoverRings(shm(), recovered('a'));
    expect(traces).toMatchObject([
      {
        ringDirectory: shm(),
        directory: recovered('a'),
        rings: 2,
        statistics: { eventsRecorded: 182 + 7, dataStreams: 2, eventsLost: 0, packetsLost: 0, troubles: [] },
      },
    ]);
    expect(readStream(join(shm(), 'out/ust/uid/0/64-bit/channel0_1')).numbers).toEqual(upTo(818));
    expect(readStream(join(recovered('a'), 'channel0_10-11-1')).numbers).toEqual(upTo(1000).slice(818));
    expect(readStream(join(recovered('a'), 'channel0_10-11-2')).numbers).toEqual(upTo(7));
    expect(rings.map((ring) => readFileSync(ring.path))).toEqual(before);
    expect(recoverRings(shm(), recovered('b')).traces[0]?.statistics.eventsRecorded).toBe(189);
  });

  it('gives the whole of rings that no consumer has drained, oldest first', () => {
    recordSession(() => {});
    const ring = makeRing({ mode: RingMode.OVERWRITE });
    ring.record(10_000);
    recoverRings(shm(), recovered('a'));
    const { numbers } = readStream(join(recovered('a'), 'channel0_10-11-3'));
    expect(numbers.length).toBeGreaterThan(3 * 409);
    expect(numbers).toEqual(upTo(10_000).slice(-numbers.length));
  });

  it('reads ring files and metadata through links to them', () => {
    recordSession((first) => first.record(5));
    const links = join(root, 'links');
    mkdirSync(links);
    for (const name of ['metadata', ...rings.map(({ path }) => basename(path))]) {
      symlinkSync(join(shm(), name), join(links, name));
    }
    symlinkSync(join(root, 'nowhere'), join(links, 'channel0_1-1-1.ring'));
    expect(recoverRings(links, recovered('a')).traces).toMatchObject([
      { ringDirectory: links, rings: 2, statistics: { eventsRecorded: 5, troubles: [] } },
    ]);
  });

  it('reports damaged rings and recovers the others, at the same places below', () => {
    recordSession((first, second) => {
      first.record(5);
      second.record(6);
    });
    rings[0]?.scribble(0, 0);
    writeFileSync(join(shm(), 'channel0_1-1-1.ring'), 'not a ring');
    const report = recoverRings(root, recovered('a'));
    expect(report.traces).toMatchObject([{ directory: join(recovered('a'), 'shm'), rings: 3 }]);
    expect(report.traces[0]?.statistics.troubles).toEqual([
      expect.stringMatching(/channel0_1-1-1\.ring was skipped: /),
      expect.stringMatching(/channel0_10-11-1\.ring was skipped: not a ring/),
    ]);
    expect(readStream(join(recovered('a'), 'shm/channel0_10-11-2')).numbers).toEqual(upTo(6));
  });

  it('does not mix a trace with one that is there already', () => {
    recordSession((first) => first.record(5));
    recoverRings(shm(), recovered('a'));
    const before = readdirSync(recovered('a'));
    expect(() => recoverRings(shm(), recovered('a'))).toThrowError(/cannot make a trace/);
    expect(readdirSync(recovered('a'))).toEqual(before);
  });

  it('reports that there are no rings', () => {
    expect(() => recoverRings(shm(), recovered('a'))).toThrowError(expect.objectContaining({ code: 'NO_TRACE' }));
    expect(() => recoverRings('/nowhere', recovered('a'))).toThrowError('there is no directory /nowhere');
  });
});
