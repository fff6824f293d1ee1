import { expect, it } from 'vitest';
import { within } from './within.ts';

it('gives the value of a promise that is in time, or its failure', async () => {
  expect(await within(60_000, Promise.resolve(7))).toBe(7);
  await expect(within(60_000, Promise.reject(new Error('refused')))).rejects.toThrow('refused');
});

it('gives up on a promise that takes longer, and ignores its later failure', async () => {
  const { promise, fail } = pending();
  expect(await within(0, promise)).toBeUndefined();
  fail(new Error('too late'));
  await new Promise(setImmediate);
});

function pending(): { readonly promise: Promise<never>; readonly fail: (error: Error) => void } {
  let fail: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, reject) => {
    fail = reject;
  });
  return { promise, fail };
}
