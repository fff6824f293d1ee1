import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import { directoryAt } from '@ringtail/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Consumer } from '../../packages/consumerd/src/consumer.ts';
import { systemCalls } from '../../packages/consumerd/src/output/files/file-calls.ts';
import { answerOf } from '../../packages/consumerd/src/testing/consumer-scene.test.support.ts';
import { readStream } from '../../packages/consumerd/src/testing/read-stream.test.support.ts';
import { requests } from '../../packages/consumerd/src/testing/requests.test.support.ts';
import { TestRing } from '../../packages/consumerd/src/testing/test-ring.test.support.ts';

const root = mkdtempSync(join(tmpdir(), 'ringtail-disk-full-'));
const disk = join(root, 'out');
const mounted = mountSmallDisk();
if (!mounted)
  process.stderr.write('SKIPPED: no small file system could be mounted: not tested: a disk that is really full\n');

function mountSmallDisk(): boolean {
  mkdirSync(disk);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=0700', 'none', disk]).status === 0;
}

describe.skipIf(!mounted)('the consumer daemon on a full disk', () => {
  let ring: TestRing;
  beforeAll(() => {
    ring = new TestRing({ directory: root });
  });
  afterAll(() => ring.close());

  it('keeps whole packets, reports it, and goes on when there is room again', () => {
    const timers = new FakeTimers();
    const consumer = new Consumer({ calls: systemCalls, timers, log: () => {} });
    const { setUp, openRing } = requests(root);
    const directory = join(disk, 'ust/uid/0/64-bit');
    for (const command of [...setUp, openRing(1, ring)]) consumer.handle(command);
    ring.record(1000);
    timers.advance(10);
    const filler = join(disk, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(1024 * 1024))).toThrowError(/ENOSPC/);

    ring.record(2000);
    timers.advance(3000);
    const full = answerOf(consumer, { type: 'flush', session: 's' });
    expect(full).toMatchObject({ eventsLost: 0, troubles: [`disk full while writing ${directory}`] });
    const { numbers } = readStream(join(directory, 'channel0_1'));
    expect(numbers).toEqual(Array.from({ length: full.eventsRecorded }, (_, i) => i));
    expect(ring.recorded).toBeGreaterThan(numbers.length);

    rmSync(filler);
    const statistics = consumer.handle({ type: 'close-session', session: 's' });
    consumer.close();
    expect(statistics).toMatchObject({
      eventsRecorded: ring.recorded,
      eventsDiscarded: 3000 - ring.recorded,
      eventsLost: 0,
    });
    expect(readStream(join(directory, 'channel0_1')).numbers).toEqual(
      Array.from({ length: ring.recorded }, (_, i) => i),
    );
  });

  it('archives nothing without room for the next trace chunk, and everything with room', () => {
    const timers = new FakeTimers();
    const consumer = new Consumer({ calls: systemCalls, timers, log: () => {} });
    const { setUp, openRing } = requests(root);
    const [openTrace, ...rest] = setUp;
    const output = join(disk, 'rotated');
    const rotated = new TestRing({ directory: root, name: 'channel0_10-11-2.ring' });
    const opened = { ...openTrace, output: directoryAt(output), ringDirectory: null };
    for (const command of [opened, ...rest, openRing(1, rotated)]) consumer.handle(command);
    rotated.record(500);
    consumer.handle({ type: 'flush', session: 's' });
    const filler = join(disk, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(1024 * 1024))).toThrowError(/ENOSPC/);

    rotated.record(500);
    const archive = join(output, 'archives/a');
    expect(() => consumer.handle({ type: 'rotate', session: 's', archive: directoryAt(archive) })).toThrowError(
      /ENOSPC/,
    );
    expect(readdirSync(output).sort()).toEqual(['.ringtail', 'ust']);

    rmSync(filler);
    consumer.handle({ type: 'rotate', session: 's', archive: directoryAt(archive) });
    const statistics = consumer.handle({ type: 'close-session', session: 's' });
    consumer.close();
    rotated.close();
    expect(statistics).toMatchObject({ eventsRecorded: 1000, eventsDiscarded: 0, eventsLost: 0 });
    const { numbers } = readStream(join(archive, 'ust/uid/0/64-bit/channel0_1'));
    expect(numbers).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });
});

afterAll(() => {
  if (mounted) spawnSync('umount', [disk]);
  rmSync(root, { recursive: true, force: true });
});
