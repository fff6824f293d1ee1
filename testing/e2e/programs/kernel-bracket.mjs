// Makes COUNT system calls mkdir, each between two events with readings of the clock: node kernel-bracket.mjs COUNT
import { mkdirSync } from 'node:fs';
import { provider, u32, u64 } from '@ringtail/tracer';

const shop = provider('bracket');
const begin = shop.tracepoint('begin', [
  ['index', u32],
  ['before', u64],
]);
const end = shop.tracepoint('end', [
  ['index', u32],
  ['after', u64],
]);
const [count] = process.argv.slice(2).map(Number);

for (let index = 0; index < count; index++) {
  begin(index, process.hrtime.bigint());
  try {
    mkdirSync('/nonexistent-directory/of-a-test');
  } catch {
    // Expected: only the call matters.
  }
  end(index, process.hrtime.bigint());
}
