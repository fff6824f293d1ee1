import { expect, it, onTestFinished } from 'vitest';
import { type CapturedStack, startWatcher, type Watcher } from './watcher.ts';

const THRESHOLD_MS = 10;

/** Blocks the event loop until the condition holds. */
function blockUntil(isDone: () => boolean): void {
  while (!isDone());
}

function watching(): Watcher {
  const watcher = startWatcher(THRESHOLD_MS) as Watcher;
  onTestFinished(() => watcher.end());
  return watcher;
}

/** Calls another function in place of the one that captures the stack. */
function captureWith(value: (capture: () => void) => void): void {
  const key = Symbol.for('ringtail.capture-stall');
  const { value: capture } = Object.getOwnPropertyDescriptor(globalThis, key) as { value: () => void };
  Object.defineProperty(globalThis, key, { value: () => value(capture), configurable: true });
}

it('the watcher takes the stack of a blocked main thread, and none any more once it is settled', () => {
  const watcher = watching();
  const taken: CapturedStack[] = [];
  blockUntil(() => {
    const stack = watcher.take();
    if (stack !== undefined) taken.push(stack);
    return stack !== undefined;
  });
  expect(taken[0]?.frames.join()).toContain('blockUntil');
  watcher.settle();
  // One that was on its way.
  watcher.take();
  watcher.beat();
  const since = performance.now();
  blockUntil(() => performance.now() - since > 50 * THRESHOLD_MS);
  expect(watcher.take()).toBeUndefined();
});

it('a stack that cannot be taken, such as at the end of the stack, is followed by others', () => {
  const watcher = watching();
  let failures = 0;
  captureWith((capture) => {
    failures += 1;
    if (failures < 3) throw new RangeError('Maximum call stack size exceeded');
    capture();
  });
  blockUntil(() => watcher.take() !== undefined);
  expect(failures).toBe(3);
});
