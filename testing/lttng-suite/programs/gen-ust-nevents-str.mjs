// tests/utils/testapp/gen-ust-nevents-str: records COUNT events with the given texts in turn.
import './program-name.mjs';
import { i32, i64, provider, str } from '@ringtail/tracer';

const [count, ...texts] = process.argv.slice(2);
const theString = provider('tp').tracepoint('the_string', [
  ['i', i32],
  ['arg_i', i64],
  ['str', str],
]);
// The C program counts arguments from its own name on.
for (let i = 0; i < Number(count); i += 1) theString(i, (i % texts.length) + 2, texts[i % texts.length]);
