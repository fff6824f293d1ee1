// Emits numbered events, acknowledges each on standard output, and dies in the given way:
// node crash.mjs WAY [EVENTS [FILE]]; with `children` it starts EVENTS dying programs, one after another. With `stall`
// it ends normally once FILE exists.
import { spawnSync } from 'node:child_process';
import { existsSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { provider, str, u32 } from '@ringtail/tracer';

const [way, count = '200', file] = process.argv.slice(2);
const step = provider('crash').tracepoint('step', [
  ['index', u32],
  ['padding', str],
]);
const word = Buffer.alloc(4);

function emit(index) {
  // Never empty: babeltrace2 2.0.4 shows the text of an earlier event in place of an empty string.
  step(index, 'x'.repeat(1 + (index % 61)));
  word.writeUInt32LE(index);
  writeSync(1, word);
}

/** Uses up the memory, while it continues to record. */
function eat(index, bite) {
  const eaten = [];
  for (;;) {
    eaten.push(bite());
    emit(index++);
  }
}

/** Does not return to its event loop until the file exists, while it continues to record. */
function stall(index, until) {
  for (;;) {
    if (index % 500 === 0) {
      if (existsSync(until)) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
    emit(index++);
  }
}

if (way === 'children') {
  for (let i = 0; i < Number(count); i++) {
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'SIGSEGV', '20'], { stdio: 'ignore' });
  }
} else {
  for (let index = 0; index < Number(count); index++) emit(index);
  switch (way) {
    case 'well':
      break;
    case 'exception':
      throw new Error('boom', { cause: new Error('deep down') });
    case 'rejection':
      Promise.reject(new Error('nobody caught this'));
      break;
    case 'exit':
      process.exit(3);
      break;
    case 'abort':
      process.abort();
      break;
    case 'heap':
      eat(Number(count), () => new Array(50_000).fill(count));
      break;
    case 'memory':
      eat(Number(count), () => Buffer.alloc(1024 * 1024, 1));
      break;
    case 'stall':
      setTimeout(stall, 100, Number(count), file);
      break;
    case 'wait':
      process.stdin.resume();
      process.stdin.once('end', () => process.exit(0));
      break;
    default:
      process.kill(process.pid, way);
      for (;;) emit(0);
  }
}
