// A disabled tracepoint, and the begin of a disabled span, beside an empty function: called in the same loop with the
// same arguments, in turn.
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
const loops = {
  empty: loopAround((_id, _customer) => {}),
  disabled: loopAround(provider('bench').tracepoint('disabled', FIELDS)),
  span: loopAround(provider('bench').span('disabled', FIELDS).begin),
};
const nsPerCall = { empty: [], disabled: [], span: [] };
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, loop] of Object.entries(loops)) nsPerCall[name].push(timeLoops(loop, CALLS, 1).nsPerEvent[0]);
}
printJson(nsPerCall);
