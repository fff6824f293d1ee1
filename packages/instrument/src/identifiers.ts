import { threadId } from 'node:worker_threads';

const THREADS = 100;
const NUMBERS = 10_000_000;

/**
 * Makes identifiers that no other open operation of this computer has: the process identifier, two digits of the
 * thread and seven of a counter. They stay below 2^53.
 */
export function identifiers(): () => number {
  const base = (process.pid * THREADS + (threadId % THREADS)) * NUMBERS;
  let last = 0;
  return () => {
    last = (last + 1) % NUMBERS;
    return base + last;
  };
}
