// Records events with application contexts of every kind, and prints the expected values.
import { AsyncLocalStorage, executionAsyncId } from 'node:async_hooks';
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { context, provider, u32 } from '@ringtail/tracer';

const ctx = provider('ctx');
const event = ctx.tracepoint('event', [['step', u32]]);
const nested = ctx.tracepoint('inner', [['step', u32]]);
const tenant = new AsyncLocalStorage();
context('shop', 'tenant', tenant);
context('shop', 'carts', () => 3n);
context('shop', 'load', () => 0.5);
context('shop', 'throws', () => {
  throw new Error('not noticed');
});
context('shop', 'nested', () => {
  event(99);
  nested(99);
  return true;
});

const Error_ = Object.getOwnPropertyDescriptors(Error);
function inner() {
  event(1);
}
function outer() {
  inner();
}
tenant.run('acme', outer);
setImmediate(() => {
  const asyncId = executionAsyncId();
  event(2);
  const [, effective] = /^Uid:\t\d+\t(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'));
  const after = Object.getOwnPropertyDescriptors(Error);
  console.log(
    JSON.stringify({
      asyncId,
      hostname: hostname(),
      netNs: statSync('/proc/self/ns/net').ino,
      effective: Number(effective),
      sameError: ['stackTraceLimit', 'prepareStackTrace'].every((name) => Error_[name]?.value === after[name]?.value),
    }),
  );
});
