// A disabled tracepoint, or the begin of a disabled span, beside an empty function: called in the same loop with the
// same arguments, in turn. The loops of three callees would share V8's type feedback, and none would be inlined.
//
//   node disabled.mjs tracepoint|span
import { i32, provider, str } from '@ringtail/tracer';
import { printJson, STRINGS, timeLoops } from './loops.mjs';

const CALLS = 20_000_000;
const ROUNDS = 7;

// Each callee has its own loop: otherwise V8's type feedback for one affects the other.
function loopAround(callee) {
  return new Function(
    'callee',
    'strings',
    'return (calls) => { for (let i = 0; i < calls; i++) callee(i, strings[i & 63]); };',
  )(callee, STRINGS);
}

const FIELDS = [
  ['id', i32],
  ['customer', str],
];
const bench = provider('bench');
const loops = {
  empty: loopAround((_id, _customer) => {}),
  disabled: loopAround(
    process.argv[2] === 'span' ? bench.span('disabled', FIELDS).begin : bench.tracepoint('disabled', FIELDS),
  ),
};
const nsPerCall = { empty: [], disabled: [] };
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, loop] of Object.entries(loops)) nsPerCall[name].push(timeLoops(loop, CALLS, 1).nsPerEvent[0]);
}
printJson(nsPerCall);
