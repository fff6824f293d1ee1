import { expect, it } from 'vitest';
import { declareTimeoutMs, registerTimeoutMs } from './daemon-timeouts.ts';

const timeouts = (text?: string) => {
  const env = text === undefined ? {} : { RINGTAIL_REGISTER_TIMEOUT: text };
  return { register: registerTimeoutMs(env), declare: declareTimeoutMs(env) };
};

it.each([undefined, '', ' ', '1.5', '-2', 'long'])('a value that is no limit (%j) leaves the defaults', (text) => {
  expect(timeouts(text)).toEqual({ register: 3000, declare: 1000 });
});

it.each([
  ['0', { register: 0, declare: 1000 }],
  ['500', { register: 500, declare: 1000 }],
  ['20000', { register: 20_000, declare: 20_000 }],
  ['-1', { register: -1, declare: -1 }],
])('%s is the limit of the registration, and of declarations where it is longer', (text, expected) => {
  expect(timeouts(text)).toEqual(expected);
});
