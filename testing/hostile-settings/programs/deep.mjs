// Hits a tracepoint at every depth of the stack, until the stack is full.
import { provider, str } from '@ringtail/tracer';

const tick = provider('hostile').tracepoint('deep', [['setting', str]]);
let thrown;
function down() {
  try {
    tick(process.env.SETTING);
  } catch (error) {
    thrown ??= error;
  }
  down();
}
try {
  down();
} catch (error) {
  console.log(error instanceof RangeError, thrown);
}
await import('./app.mjs');
