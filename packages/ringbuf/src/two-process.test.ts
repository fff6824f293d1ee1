import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { RingConsumer } from './consumer/consumer.ts';
import type { PacketContent } from './consumer/packet-content.ts';
import { RingSnapshot } from './consumer/ring-snapshot.ts';
import { openRingFile, type RingFile } from './consumer/ring-storage.ts';
import { readRecords } from './memory-ring.test.support.ts';

const script = fileURLToPath(new URL('../dist/two-process.test.child.js', import.meta.url));

interface Producer {
  readonly child: ChildProcess;
  readonly lines: Interface;
  readonly file: RingFile;
  readonly consumer: RingConsumer;
}

const producers: Producer[] = [];
afterEach(async () => {
  for (const { child, file } of producers.splice(0)) {
    file.close();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
});

async function startProducer(mode: 'discard' | 'overwrite', count: number): Promise<Producer> {
  const child = spawn(process.execPath, [script, mode, String(count)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await once(lines, 'line')) as [string];
  const { fd, bytes } = JSON.parse(line) as { fd: number; bytes: number };
  const file = openRingFile(`/proc/${child.pid}/fd/${fd}`, bytes);
  const producer = { child, lines, file, consumer: new RingConsumer(file) };
  producers.push(producer);
  child.stdin!.write('go\n');
  return producer;
}

/** Records taken so far. Every packet is checked as it comes. */
class Takings {
  recordCount = 0;
  countedRecords = 0;
  lastSerial = -1;
  lastEnd = 0;
  lastDiscarded = 0;
  packetsLost = 0;
  nextPacketSeq = 0;
  openTakenCount = 0;

  add(taken: PacketContent, inOrder: 'every one' | 'growing'): void {
    const records = readRecords(taken.bytes);
    for (const [index, { serial, timestamp }] of records.entries()) {
      const follows = inOrder === 'every one' || index > 0 ? serial === this.lastSerial + 1 : serial > this.lastSerial;
      if (!follows) throw new Error(`record ${serial} comes after ${this.lastSerial}`);
      if (timestamp < taken.beginTimestamp || timestamp > taken.endTimestamp) {
        throw new Error(`record ${serial} lies outside of its packet`);
      }
      this.lastSerial = serial;
    }
    expect(taken.beginTimestamp).toBeGreaterThanOrEqual(this.lastEnd);
    expect(taken.eventsDiscardedAtEnd).toBeGreaterThanOrEqual(this.lastDiscarded);
    expect(taken.packetSeq).toBe(this.nextPacketSeq + taken.packetsLost);
    this.recordCount += records.length;
    this.countedRecords += taken.recordCount;
    this.lastEnd = taken.endTimestamp;
    this.lastDiscarded = taken.eventsDiscardedAtEnd;
    this.packetsLost += taken.packetsLost;
    this.nextPacketSeq = taken.packetSeq + 1;
    if (taken.after.seq === taken.seq) this.openTakenCount++;
  }
}

/** Takes all that is there now. */
function takeAll(consumer: RingConsumer, takings: Takings, takeOpen: boolean, inOrder: 'every one' | 'growing'): void {
  for (let taken = consumer.next({ takeOpen }); taken !== null; taken = consumer.next({ takeOpen })) {
    takings.add(taken, inOrder);
    consumer.release(taken);
    // The open sub-buffer of a busy producer has always something more.
    if (takeOpen && taken.after.seq === taken.seq) return;
  }
}

/** Takes until the producer has gone, each third time also from the open sub-buffer; then takes the rest. */
async function consume(producer: Producer, takings: Takings, inOrder: 'every one' | 'growing'): Promise<void> {
  const { child, consumer } = producer;
  for (let round = 0; child.exitCode === null && child.signalCode === null; round++) {
    takeAll(consumer, takings, round % 3 === 0, inOrder);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let quiet = 0; quiet < 2; quiet++) takeAll(consumer, takings, true, inOrder);
}

describe('a ring between two processes', () => {
  it('gives every committed record once and in order, and the count of the others', async () => {
    const producer = await startProducer('discard', 200_000);
    const takings = new Takings();
    const [[line]] = await Promise.all([once(producer.lines, 'line'), consume(producer, takings, 'every one')]);
    const counts = JSON.parse(line as string) as { recorded: number; discarded: number };
    expect([counts.recorded, takings.recordCount, takings.countedRecords]).toEqual([200_000, 200_000, 200_000]);
    expect(takings.lastDiscarded).toBeLessThanOrEqual(counts.discarded);
    expect(producer.consumer.counters()).toEqual({
      recorded: counts.recorded,
      discardedFull: counts.discarded,
      discardedBig: 0,
      failed: 0,
      nested: 0,
    });
  });

  it('gives nothing torn while the producer overwrites it', async () => {
    const producer = await startProducer('overwrite', 400_000);
    const takings = new Takings();
    await consume(producer, takings, 'growing');
    expect(takings.lastSerial).toBe(399_999);
    // A record counted too early is not taken back when its sub-buffer is overwritten before it comes.
    expect(takings.countedRecords).toBeGreaterThanOrEqual(takings.recordCount);
    expect(takings.countedRecords).toBeLessThanOrEqual(takings.recordCount + takings.openTakenCount);
    if (takings.packetsLost === 0) expect(takings.recordCount).toBe(400_000);
  });

  it('gives snapshots that are whole and reach to now while the producer overwrites it', async () => {
    const { child, file, consumer } = await startProducer('overwrite', 400_000);
    const before = consumer.position;
    let packets = 0;
    while (child.exitCode === null && child.signalCode === null) {
      const { recorded } = consumer.counters();
      const takings = new Takings();
      const snapshot = new RingSnapshot(file);
      let packetsLost = 0;
      takings.nextPacketSeq = snapshot.firstPacketSeq;
      for (let packet = snapshot.next(); packet !== null; packet = snapshot.next()) {
        const isNext = takings.recordCount > 0 && snapshot.packetsLost === packetsLost;
        const lostBefore = snapshot.packetsLost - packetsLost;
        takings.add({ ...packet, packetsLost: lostBefore }, isNext ? 'every one' : 'growing');
        packetsLost = snapshot.packetsLost;
        packets += 1;
      }
      // A record is counted just before it is published.
      if (recorded > 1) expect(takings.lastSerial).toBeGreaterThanOrEqual(recorded - 2);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(packets).toBeGreaterThan(0);
    expect(new RingConsumer(file).position).toEqual(before);
  });

  it.each([1, 2, 3, 4, 5, 6])('gives everything committed before SIGKILL, at moment %i', async (moment) => {
    const producer = await startProducer('discard', Number.MAX_SAFE_INTEGER);
    const takings = new Takings();
    // Moments are counted in records, so that they lie anywhere between two stores of the producer.
    const before = moment * 7919;
    while (takings.recordCount < before) {
      takeAll(producer.consumer, takings, moment % 2 === 0, 'every one');
      await new Promise((resolve) => setImmediate(resolve));
    }
    process.kill(producer.child.pid!, 'SIGKILL');
    await consume(producer, takings, 'every one');
    const { recorded } = producer.consumer.counters();
    // It may have died after counting a record and before publishing it.
    expect([recorded - 1, recorded]).toContain(takings.recordCount);
    expect([takings.recordCount, takings.recordCount + 1]).toContain(takings.countedRecords);
  });
});
