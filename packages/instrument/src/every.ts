import { clearInterval, setInterval } from './node.ts';

/**
 * Acts at intervals, without keeping the program alive. An error ends it, and stays out of the program.
 *
 * @returns a function that ends it
 */
export function everyMs(intervalMs: number, act: () => void): () => void {
  const timer = setInterval(() => {
    try {
      act();
    } catch {
      clearInterval(timer);
    }
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
