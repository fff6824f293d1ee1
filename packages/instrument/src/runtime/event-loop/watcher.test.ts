import { expect, it, onTestFinished } from 'vitest';
import { type CapturedStack, startWatcher } from './watcher.ts';

const THRESHOLD_MS = 10;

/** Blocks the event loop until the condition holds. */
function blockUntil(isDone: () => boolean): void {
  while (!isDone());
}

it('the watcher takes the stack of a blocked main thread, and none any more once it is settled', () => {
  const watcher = startWatcher(THRESHOLD_MS)!;
  onTestFinished(() => watcher.end());
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
