// tests/utils/testapp/gen-ust-events: records `tp:tptest` ITER times.
import './program-name.mjs';
import { parseArgs } from 'node:util';
import { touch, turns, waitFor } from './pace.mjs';
import { ALL_FIELDS, declare } from './tptest.mjs';

const { values: options } = parseArgs({
  // A count of −1 is written as a word of its own.
  args: process.argv.slice(2).flatMap((word, at, words) => {
    if (/^-\d+$/.test(word)) return [];
    return /^-\d+$/.test(words[at + 1] ?? '') ? [`${word.replace(/^-i$/, '--iter')}=${words[at + 1]}`] : [word];
  }),
  options: {
    iter: { type: 'string', short: 'i', default: '100' },
    wait: { type: 'string', short: 'w', default: '0' },
    'sync-after-first-event': { type: 'string', short: 'a' },
    'sync-before-last-event': { type: 'string', short: 'b' },
    'sync-before-last-event-touch': { type: 'string', short: 'c' },
    'sync-before-exit': { type: 'string', short: 'd' },
    'sync-before-exit-touch': { type: 'string', short: 'e' },
    'emit-end-event': { type: 'boolean', short: 'f' },
  },
});
const count = Number(options.iter);
const tptest = declare('tp', 'tptest', ALL_FIELDS);
const end = declare('tp', 'end', []);

for await (const turn of turns(count, Number(options.wait))) {
  if (turn === count - 1) {
    touch(options['sync-before-last-event-touch']);
    await waitFor(options['sync-before-last-event']);
  }
  tptest(turn);
  if (turn === 0) touch(options['sync-after-first-event']);
}
if (options['emit-end-event']) end();
touch(options['sync-before-exit-touch']);
await waitFor(options['sync-before-exit']);
