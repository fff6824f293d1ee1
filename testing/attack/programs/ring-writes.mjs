// Announces valid rings, records into them, and overwrites their words and packets:
// node ring-writes.mjs RUNDIR HOME BAIT SEED COUNT
//
// The consumer daemon has time to read between the writes. The report is a line of JSON on standard output.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import {
  ConsumerLine,
  createRing,
  DESCRIPTOR_BYTES,
  DESCRIPTORS_OFFSET,
  Descriptor,
  headerBytesFor,
  ProducerLine,
  RingClock,
  RingMode,
} from '@ringtail/ringbuf';
import { randomOf } from '../../fuzz/mutate.mjs';
import { HostileThread } from './hostile-thread.mjs';
import { frameOf } from './hostile-values.mjs';

const [runDirectory, , , seed, count] = process.argv.slice(2);
const WRITES_A_RING = 120;
/** Longest wait for the consumer daemon to read from a ring before the first write. */
const TAKEN_MS = 200;
const RINGS_A_THREAD = 50;
/** Packets are read when they are full. A program without a channel has nothing to attack. */
const CHANNEL = /^attacked/;

const WORDS_32 = [0, 1, 2, 3, 4095, 4096, 4097, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
const WORDS_64 = [
  0,
  -0,
  -1,
  0.5,
  1,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 63,
  2 ** 64,
  1e308,
  -1e308,
  Infinity,
  -Infinity,
  NaN,
  5e-324,
];

const report = { seed: Number(seed), writes: 0, rings: 0, records: 0, problems: [] };
const sleeper = new Int32Array(new SharedArrayBuffer(4));
const pauseMs = (ms) => Atomics.wait(sleeper, 0, 0, ms);

for (let index = 0; report.writes < Number(count) && report.problems.length < 20; index++) {
  const random = randomOf(Number(seed), index);
  const thread = new HostileThread(runDirectory);
  try {
    if (!thread.register()) throw new Error(`a sound registration was refused: ${thread.refusal?.message}`);
    const channels = thread.desiredChannels().filter(({ name }) => CHANNEL.test(name));
    if (channels.length === 0) throw new Error('there is no channel to record into');
    for (let i = 0; i < RINGS_A_THREAD && report.writes < Number(count); i++)
      attackRing(random, thread, random.pick(channels));
    // The daemon's last message if it has ended the connection. Rings are no reason to end it.
    thread.send(frameOf({ type: 'declare', channel: channels[0].key, events: [] }));
    if (thread.answer()?.type !== 'declared') throw new Error(`disconnected: ${thread.refusal?.message}`);
  } catch (error) {
    report.problems.push(`thread ${index}: ${error.stack}`);
  }
  thread.close();
}
console.log(JSON.stringify(report));

function attackRing(random, thread, channel) {
  const wake = openSync(channel.wakePath, constants.O_WRONLY | constants.O_NONBLOCK);
  const ring = createRing({
    name: 'attack',
    subBufBytes: channel.subBufBytes,
    subBufCount: channel.subBufCount,
    mode: channel.mode === 'discard' ? RingMode.DISCARD : RingMode.OVERWRITE,
    clock: RingClock.MONOTONIC,
    streamClassId: channel.streamClassId,
    uuid: Buffer.from(channel.traceUuid.replaceAll('-', ''), 'hex'),
    pid: process.pid,
    tid: process.pid,
    procname: 'attack',
    onSubBufClosed: () => writeSync(wake, 'x'),
  });
  report.rings++;
  const early = random.below(4) === 0;
  if (early) overwrite(random, ring, channel);
  thread.send(frameOf({ type: 'ring', channel: channel.key, bytes: ring.bytes }), ring.fd);
  if (!early && channel.mode === 'discard') recordUntilTaken(random, ring.producer);
  const writes = 1 + random.below(WRITES_A_RING);
  for (let i = 0; i < writes; i++) {
    for (let records = random.below(20); records > 0; records--) recordOne(random, ring.producer);
    overwrite(random, ring, channel);
    if (random.below(16) === 0) pauseMs(random.below(3));
    else if (random.below(4) === 0) writeSync(wake, 'x');
  }
  ring.close();
  closeSync(wake);
}

/** Lets the writes hit while the consumer daemon reads the ring. */
function recordUntilTaken(random, producer) {
  const until = performance.now() + TAKEN_MS;
  while (producer.u32[ConsumerLine.CONSUMED_SEQ / 4] === 1 && performance.now() < until) {
    for (let records = 20; records > 0; records--) recordOne(random, producer);
    pauseMs(1);
  }
}

/** A record of meaningless bytes, which the consumer daemon does not interpret. */
function recordOne(random, producer) {
  const bytes = 16 + random.below(200);
  const timestamp = Number(process.hrtime.bigint());
  producer.u32[ProducerLine.BEGUN / 4] = 1;
  if (producer.pos + bytes > producer.limit && !producer.makeRoom(bytes, timestamp)) {
    producer.u32[ProducerLine.BEGUN / 4] = 0;
    return;
  }
  producer.u8.fill(random.below(256), producer.pos, producer.pos + bytes);
  producer.commit(producer.pos + bytes, timestamp);
  report.records++;
}

/** One write into the header, the words of the producer or consumer, the descriptors, or the records. */
function overwrite(random, { producer, bytes }, { subBufCount }) {
  report.writes++;
  const { dv } = producer;
  const near = (offset) => dv.getUint32(offset, true) + random.below(5) - 2;
  const word32 = (offset) =>
    dv.setUint32(offset, random.pick([random.pick(WORDS_32), near(offset), random.below(2 ** 32)]) >>> 0, true);
  const word64 = (offset) => {
    const value = dv.getFloat64(offset, true);
    const others = [
      value + 1,
      value - 1,
      value * 2,
      Number(process.hrtime.bigint()) + random.pick([-1e9, 0, 1e9, 1e18]),
    ];
    dv.setFloat64(offset, random.below(2) === 0 ? random.pick(WORDS_64) : random.pick(others), true);
  };
  const either = (offset, isWide) => (isWide ? word64(offset) : word32(offset));
  switch (random.below(10)) {
    case 0:
      word32(4 * random.below(DESCRIPTORS_OFFSET / 4));
      break;
    case 1: {
      const name = random.pick(Object.keys(ProducerLine));
      either(ProducerLine[name], name !== 'BEGUN' && name !== 'OPEN_SEQ');
      break;
    }
    case 2: {
      const name = random.pick(Object.keys(ConsumerLine));
      either(ConsumerLine[name], ['PACKET_SEQ', 'LAST_TIMESTAMP', 'CONSUMED_RECORDS'].includes(name));
      break;
    }
    case 3:
      for (let i = 1 + random.below(20); i > 0; i--)
        producer.u8[random.below(headerBytesFor(subBufCount))] = random.below(256);
      break;
    case 4:
      for (let i = 1 + random.below(200); i > 0; i--) producer.u8[random.below(bytes)] = random.below(256);
      break;
    case 5: {
      // A packet header and lengths in place of records.
      const at = headerBytesFor(subBufCount) + 8 * random.below(Math.min(512, bytes / 8 - 1024));
      dv.setUint32(at, 0xc1fc1fc1, true);
      word64(at + 8);
      break;
    }
    default: {
      const name = random.pick(Object.keys(Descriptor));
      const slot = DESCRIPTORS_OFFSET + DESCRIPTOR_BYTES * random.below(subBufCount);
      either(slot + Descriptor[name], name !== 'SEQ' && name !== 'COMMITTED');
    }
  }
}
