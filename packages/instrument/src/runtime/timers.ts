import { executionAsyncResource } from 'node:async_hooks';
import timersModule from 'node:timers';
import timersPromises from 'node:timers/promises';
import { hookWith } from '../async-hook.ts';
import { nowNs } from '../clock.ts';
import { identifiers } from '../identifiers.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { clearTimeout, setTimeout } from '../node.ts';
import { makeOwnResources } from '../own-resources.ts';
import { type Observer, observeAll } from '../wrap.ts';

const KINDS = { timeout: 0, interval: 1, immediate: 2 };
const NS_PER_MS = 1e6;
/** Node.js takes 1 ms in place of a longer delay. */
const DELAY_MS_MAX = 2 ** 31 - 1;

interface Timer {
  readonly id: number;
  readonly kind: number;
  readonly delayNs: number;
  /** When its callback should run next. */
  dueNs: number;
}

/** Timers and immediates of the program, and how late their callbacks run. */
export function timers({ provider, u8, u32, u64, enumeration }: Tracer): readonly EventSource[] {
  const node = provider('node_timers');
  const created = node.tracepoint(
    'created',
    [
      ['timer_id', u64],
      ['kind', enumeration(u8, KINDS)],
      ['delay_ms', u32],
    ],
    { logLevel: 'debug' },
  );
  const fired = node.tracepoint(
    'fired',
    [
      ['timer_id', u64],
      ['kind', enumeration(u8, KINDS)],
      ['late_ns', u64],
      ['start_ns', u64],
      ['duration_ns', u64],
    ],
    { logLevel: 'debug' },
  );
  const nextId = identifiers();

  const install = () => {
    const timersByHandle = new WeakMap<object, Timer>();

    const create = (kind: number, delayMs: number): Timer => {
      const id = nextId();
      created(id, kind, Math.trunc(delayMs));
      const delayNs = delayMs * NS_PER_MS;
      return { id, kind, delayNs, dueNs: nowNs() + delayNs };
    };

    const fire = (timer: Timer, startNs: number, durationNs: number) => {
      const lateNs = Math.max(0, startNs - timer.dueNs);
      timer.dueNs = startNs + timer.delayNs;
      fired(timer.id, timer.kind, lateNs, startNs, durationNs);
    };

    const ofCallbacks = (kind: number): Observer<Timer> => ({
      // Node.js refuses other callbacks.
      before: (_, [callback, delay]) =>
        typeof callback === 'function' ? create(kind, kind === KINDS.immediate ? 0 : delayMsOf(delay)) : undefined,
      returned: (timer, handle) => void timersByHandle.set(handle as object, timer),
    });
    const ofPromises = (kind: number): Observer<Timer> => ({
      before: (_, [delay]) => create(kind, kind === KINDS.immediate ? 0 : delayMsOf(delay)),
      settled(timer, _, isFulfilled) {
        if (isFulfilled) fire(timer, nowNs(), 0);
      },
    });
    const refresh: Observer<never> = {
      before(handle) {
        const timer = timersByHandle.get(handle as object);
        if (timer !== undefined) timer.dueNs = nowNs() + timer.delayNs;
        return undefined;
      },
    };

    let running: { readonly asyncId: number; readonly timer: Timer; readonly startNs: number } | undefined;
    // A function around each callback would be in the stacks of its errors.
    const unhook = hookWith({
      before(asyncId) {
        const timer = timersByHandle.get(executionAsyncResource());
        if (timer !== undefined) running = { asyncId, timer, startNs: nowNs() };
      },
      after(asyncId) {
        if (running?.asyncId !== asyncId) return;
        const { timer, startNs } = running;
        running = undefined;
        fire(timer, startNs, nowNs() - startNs);
      },
    });

    const global = { holder: timersModule, alsoIn: [globalThis] };
    const end = observeAll([
      { ...global, name: 'setTimeout', observer: ofCallbacks(KINDS.timeout) },
      { ...global, name: 'setInterval', observer: ofCallbacks(KINDS.interval) },
      { ...global, name: 'setImmediate', observer: ofCallbacks(KINDS.immediate) },
      { holder: timersPromises, name: 'setTimeout', observer: ofPromises(KINDS.timeout) },
      { holder: timersPromises, name: 'setImmediate', observer: ofPromises(KINDS.immediate) },
      { holder: timeoutPrototype(), name: 'refresh', observer: refresh },
    ]);
    return () => {
      unhook();
      end();
    };
  };
  return [{ tracepoints: [created, fired], install }];
}

/** The delay that Node.js makes of an argument. Objects are not asked: their answer is the program's code. */
function delayMsOf(delay: unknown): number {
  const number = typeof delay === 'number' || typeof delay === 'string' ? Number(delay) : 1;
  return number >= 1 && number <= DELAY_MS_MAX ? number : 1;
}

function timeoutPrototype(): object {
  return makeOwnResources(() => {
    const handle = setTimeout(() => undefined, 1);
    clearTimeout(handle);
    return Object.getPrototypeOf(handle) as object;
  });
}
