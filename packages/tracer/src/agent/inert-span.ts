import type { DeclaredSpan } from './declared-span.ts';

/** A span that does nothing, in place of one that cannot be recorded. */
export function inertSpan(): DeclaredSpan {
  return { begin: () => 0, end: () => {}, fail: () => {}, run: (_, callback) => callback(), enabled: false };
}
