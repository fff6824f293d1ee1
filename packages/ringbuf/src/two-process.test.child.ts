/**
 * A process that makes a ring and writes records as fast as it can: node two-process.test.child.js MODE COUNT
 *
 * Prints `{fd, bytes}` first; begins when a line comes on standard input; prints the counts at its end.
 */
import { once } from 'node:events';
import { RingMode } from './abi.ts';
import { RECORD_BYTES_MIN, TEST_HEADER, writeRecord } from './memory-ring.test.support.ts';
import { createRing } from './producer/ring-file.ts';

const overwrites = process.argv[2] === 'overwrite';
const wanted = Number(process.argv[3]);
const ring = createRing({
  ...TEST_HEADER,
  subBufBytes: 64 * 1024,
  subBufCount: 4,
  mode: overwrites ? RingMode.OVERWRITE : RingMode.DISCARD,
  name: 'two-process',
  onSubBufClosed: () => {},
});
process.stdout.write(`${JSON.stringify({ fd: ring.fd, bytes: ring.bytes })}\n`);
await once(process.stdin, 'data');
process.stdin.unref();

let recorded = 0;
let discarded = 0;
let random = 1;
while (recorded < wanted) {
  random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff;
  const bytes = RECORD_BYTES_MIN + ((random >> 8) % 48);
  if (writeRecord(ring.producer, bytes, recorded, Number(process.hrtime.bigint()))) recorded++;
  else discarded++;
}
process.stdout.write(`${JSON.stringify({ recorded, discarded })}\n`);
