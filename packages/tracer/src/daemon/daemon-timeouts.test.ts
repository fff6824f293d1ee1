import { expect, it } from 'vitest';
import { declareTimeoutMs, registerTimeoutMs, sendTimeoutMs } from './daemon-timeouts.ts';

const timeouts = (text?: string) => {
  const env = text === undefined ? {} : { RINGTAIL_REGISTER_TIMEOUT: text };
  return { register: registerTimeoutMs(env), declare: declareTimeoutMs(env), send: sendTimeoutMs(env) };
};

it.each([undefined, '', ' ', '1.5', '-2', 'long'])('a value that is no limit (%j) leaves the defaults', (text) => {
  expect(timeouts(text)).toEqual({ register: 3000, declare: 1000, send: 500 });
});

it.each([
  ['0', { register: 0, declare: 1000, send: 500 }],
  ['700', { register: 700, declare: 1000, send: 700 }],
  ['20000', { register: 20_000, declare: 20_000, send: 20_000 }],
  ['-1', { register: -1, declare: -1, send: -1 }],
])('%s is the limit of the registration, and of declarations and sends where it is longer', (text, expected) => {
  expect(timeouts(text)).toEqual(expected);
});
