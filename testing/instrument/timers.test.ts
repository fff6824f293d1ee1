import { describe, expect, it } from 'vitest';
import { fieldsOf, type RuntimeEvent, recorded, recordedUnchanged } from './recorded.ts';

const RULES = ['-u', 'node_timers:*'];
const MS = 1e6;

/** For each timer in the order of creation: its kind, its delay and how often it fired. */
function timersIn(events: readonly RuntimeEvent[]): unknown[][] {
  const fired = fieldsOf(events, 'node_timers:fired');
  return fieldsOf(events, 'node_timers:created').map(({ timer_id, kind, delay_ms }) => [
    kind,
    delay_ms,
    fired.filter((event) => event.timer_id === timer_id && event.kind === kind).length,
  ]);
}

describe('timers', () => {
  it('are recorded when they are created and when they have fired, of callbacks and promises', async () => {
    const { events, stdout } = await recordedUnchanged(
      `
      import timers, { setTimeout as named } from 'node:timers';
      import { setImmediate as soon, setTimeout as sleep } from 'node:timers/promises';
      console.log(setTimeout === timers.setTimeout, setTimeout === named);
      const given = await new Promise((resolve) => setTimeout(function (...words) {
        resolve([this.constructor.name, ...words]);
      }, '2', 'a', 'b'));
      console.log(given.join());
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => {
        let count = 0;
        const interval = setInterval(() => {
          if (++count < 3) return;
          clearInterval(interval);
          resolve();
        }, 1);
      });
      console.log(await sleep(3.5, 'slept'), await soon('soon'));
      await sleep(60_000, undefined, { signal: AbortSignal.abort() }).catch(({ name }) => console.log(name));
      clearTimeout(setTimeout(() => undefined, 1 << 20));
      setTimeout(() => undefined, -1).unref();
      try { setTimeout('text'); } catch ({ code }) { console.log(code); }`,
      RULES,
    );
    expect(stdout.trim().split('\n')).toEqual([
      'true true',
      'Timeout,a,b',
      'slept soon',
      'AbortError',
      'ERR_INVALID_ARG_TYPE',
    ]);
    const timers = timersIn(events);
    // The last one may have fired before the end of the program.
    expect(timers.pop()).toEqual(['timeout', '1', expect.any(Number)]);
    expect(timers).toEqual([
      ['timeout', '2', 1],
      ['immediate', '0', 1],
      ['interval', '1', 3],
      ['timeout', '3', 1],
      ['immediate', '0', 1],
      ['timeout', '60000', 0],
      ['timeout', '1048576', 0],
    ]);
  });

  it('tell how late they fired and how long their callbacks took', async () => {
    const { events } = await recorded(
      `
      const work = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
      setTimeout(() => work(30), 1);
      work(200);
      const refreshed = setTimeout(() => undefined, 50);
      setTimeout(() => refreshed.refresh(), 40);`,
      RULES,
    );
    const ids = fieldsOf(events, 'node_timers:created').map(({ timer_id }) => timer_id);
    const fired = new Map(fieldsOf(events, 'node_timers:fired').map((event) => [event.timer_id, event]));
    const [blocked, refreshed, refreshing] = ids.map((id) => fired.get(id)!);
    expect(Number(blocked!.late_ns)).toBeGreaterThan(190 * MS);
    expect(Number(blocked!.duration_ns)).toBeGreaterThanOrEqual(30 * MS);
    // From the call of refresh() to the callback: the delay and the lateness. Node.js counts in whole milliseconds.
    const called = Number(refreshing!.start_ns);
    expect(Number(refreshed!.start_ns) - called).toBeGreaterThan(Number(refreshed!.late_ns) + 49 * MS);
  });

  it('leave the output, the exit code and errors of the program as they are', async () => {
    const { events } = await recordedUnchanged(
      `
      import { promisify } from 'node:util';
      console.log(await promisify(setTimeout)(1, 'value'), await promisify(setImmediate)('value'));
      console.log(String(setTimeout), setTimeout.length, Object.keys(globalThis), setTimeout(() => undefined, 1).hasRef());
      process.on('uncaughtException', ({ message }) => {
        console.log(message);
        process.exitCode = 7;
      });
      setTimeout(() => {
        setImmediate(() => { throw new Error('of an immediate'); });
        throw new Error('of a timer');
      });`,
      RULES,
    );
    // After an uncaught error, Node.js makes immediates of its own.
    const timeouts = timersIn(events).filter(([kind]) => kind === 'timeout');
    expect(timeouts).toEqual([1, 2, 3].map(() => ['timeout', '1', 1]));
  });
});
