import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type * as Clock from '../clock.d.ts';

const path = fileURLToPath(new URL('../build/clock.node', import.meta.url));
const [addon, absence] = load();
if (addon === null) console.warn(`SKIPPED: the tests of the clock addon, it is not built here: ${absence}`);
const available = addon !== null;
const clock = addon as typeof Clock;

function load(): [typeof Clock | null, string] {
  try {
    return [createRequire(import.meta.url)(path) as typeof Clock, ''];
  } catch (error) {
    return [null, String(error).split('\n')[0] as string];
  }
}

/**
 * Takes readings between two of `process.hrtime.bigint()` and returns how far the worst was outside, and how many
 * decreased. Self-contained, so that a worker can run its source text.
 */
function bracket(under: Pick<typeof Clock, 'bind' | 'monotonic'>, readings: number) {
  const cell = new Float64Array(1);
  under.bind(cell.buffer);
  let decreased = 0;
  let fractional = 0;
  let worstNs = 0;
  let previous = 0;
  for (let i = 0; i < readings; i++) {
    const before = Number(process.hrtime.bigint());
    under.monotonic();
    const after = Number(process.hrtime.bigint());
    const reading = cell[0] as number;
    worstNs = Math.max(worstNs, before - reading, reading - after);
    if (reading < previous) decreased++;
    if (!Number.isInteger(reading)) fractional++;
    previous = reading;
  }
  return { worstNs, decreased, fractional };
}

describe.skipIf(!available)('clock addon', () => {
  it('reads CLOCK_MONOTONIC to within 1 µs and never decreases, over 100,000 readings', () => {
    const { worstNs, decreased, fractional } = bracket(clock, 100_000);
    expect(worstNs).toBeLessThanOrEqual(1000);
    expect({ decreased, fractional }).toEqual({ decreased: 0, fractional: 0 });
  });

  it('does the same in a worker thread, with memory of its own', async () => {
    const source = `
      const { parentPort } = require('node:worker_threads');
      const clock = require(${JSON.stringify(path)});
      parentPort.postMessage({ ...(${bracket.toString()})(clock, 100000), method: clock.info().method });`;
    const cell = new Float64Array(1);
    clock.bind(cell.buffer);
    clock.monotonic();
    const here = cell[0];
    const worker = new Worker(source, { eval: true });
    const answer = await new Promise<ReturnType<typeof bracket>>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(answer.worstNs).toBeLessThanOrEqual(1000);
    expect(answer).toMatchObject({ decreased: 0, fractional: 0 });
    expect(cell[0]).toBe(here);
    clock.monotonic();
    expect(cell[0]).toBeGreaterThan(here as number);
  });

  it('writes to every memory that was bound', () => {
    const first = new Float64Array(1);
    const second = new Float64Array(1);
    clock.bind(first.buffer);
    clock.bind(second.buffer);
    clock.bind(second.buffer);
    clock.monotonic();
    expect(second[0]).toBeGreaterThan(0);
    expect(second[0]).toBe(first[0]);
  });

  it('refuses memory that it cannot write to', () => {
    const bind = clock.bind as (memory?: unknown) => void;
    for (const memory of [undefined, null, 8, {}, new Float64Array(1), new SharedArrayBuffer(8), new ArrayBuffer(7)]) {
      expect(() => bind(memory)).toThrow(expect.objectContaining({ code: 'BAD_MEMORY' }));
    }
    expect(() => bind()).toThrow(expect.objectContaining({ code: 'BAD_MEMORY' }));
  });

  it('describes its method', () => {
    const info = clock.info();
    expect(['interpolated', 'calibrating', 'clock_gettime']).toContain(info.method);
    if (!info.kernelUsesTsc) expect(info.method).toBe('clock_gettime');
  });

  it('returns undefined', () => {
    expect([clock.monotonic(), clock.tsc()]).toEqual([undefined, undefined]);
  });
});

describe.skipIf(!available || !clock.info().tscUsable)('clock addon, time stamp counter', () => {
  it('reads the counter in cycles that agree with the pair', () => {
    const cell = new Float64Array(1);
    clock.bind(cell.buffer);
    const before = clock.tscPair();
    clock.tsc();
    const after = clock.tscPair();
    expect(cell[0]).toBeGreaterThanOrEqual(Number(before.tsc - before.bracketCycles));
    expect(cell[0]).toBeLessThanOrEqual(Number(after.tsc + after.bracketCycles));
  });

  it('measures a frequency that carries one pair to the next to within 100 ppm', () => {
    const begin = clock.tscPair();
    const hertz = clock.tscFrequency();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    const end = clock.tscPair();
    const elapsedNs = Number(end.monotonicNs - begin.monotonicNs);
    const carriedNs = (Number(end.tsc - begin.tsc) / hertz) * 1e9;
    expect(Number.isInteger(hertz)).toBe(true);
    expect(Math.abs(carriedNs / elapsedNs - 1)).toBeLessThan(100e-6);
  });
});
