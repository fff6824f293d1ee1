import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Outcome {
  readonly worstNs: number;
  readonly decreased: number;
  readonly discrepancies: number;
  readonly synchronisations: number;
  readonly mode: 'CALIBRATING' | 'INTERPOLATING' | 'ASKING';
}

const compiler = ['gcc', 'cc'].find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
if (compiler === undefined)
  console.warn('SKIPPED: the clock simulation needs a C compiler (gcc or cc), none was found');

describe.skipIf(compiler === undefined)('interpolated clock, with simulated clocks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringtail-clock-'));
  const program = join(folder, 'simulation');

  beforeAll(() => {
    const source = fileURLToPath(new URL('./interpolator-simulation.c', import.meta.url));
    const built = spawnSync(compiler as string, ['-std=gnu11', '-O2', '-o', program, source], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stderr);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function simulate(scenario: string): Outcome[] {
    return ['1', '2', '3'].map((seed) => {
      const run = spawnSync(program, [scenario, seed], { encoding: 'utf8' });
      expect(run.status, `${scenario} with seed ${seed}: ${run.stderr}`).toBe(0);
      const outcome = JSON.parse(run.stdout) as Outcome;
      expect(outcome.decreased, `decreasing readings in ${scenario} with seed ${seed}`).toBe(0);
      return outcome;
    });
  }
  const interpolating = { mode: 'INTERPOLATING', discrepancies: 0 };

  it.each(['steady', 'sparse', 'interrupted', 'slowed-processor'])('stays within 20 ns: %s', (scenario) => {
    for (const outcome of simulate(scenario)) {
      expect(outcome).toMatchObject(interpolating);
      expect(outcome.worstNs).toBeLessThanOrEqual(20);
      // Each scenario lasts two simulated seconds or more: a synchronisation in 0.1 ms, or in two, if they succeed.
      expect(outcome.synchronisations).toBeGreaterThan(10_000);
    }
  });

  it('stays within 100 ns while NTP slews the clock by 500 ppm, either way', () => {
    for (const outcome of simulate('slewed-500ppm')) {
      expect(outcome).toMatchObject(interpolating);
      expect(outcome.worstNs).toBeLessThanOrEqual(100);
    }
  });

  it('is off by a tenth of a window at most when the clock is slewed by 10 %, and that once', () => {
    for (const outcome of simulate('slewed-10-percent')) {
      expect(outcome).toMatchObject({ mode: 'INTERPOLATING', discrepancies: 1 });
      expect(outcome.worstNs).toBeGreaterThan(100);
      expect(outcome.worstNs).toBeLessThanOrEqual(10_000);
    }
    for (const outcome of simulate('after-a-fast-slew')) expect(outcome.worstNs).toBeLessThanOrEqual(100);
  });

  it('is exact at once after sleeps of seconds in which the slope changed', () => {
    for (const outcome of simulate('asleep')) {
      expect(outcome).toMatchObject(interpolating);
      expect(outcome.worstNs).toBeLessThanOrEqual(20);
    }
  });

  it('survives a counter that goes back', () => {
    for (const outcome of simulate('tsc-goes-back')) {
      expect(outcome).toMatchObject({ mode: 'INTERPOLATING', discrepancies: 1 });
      expect(outcome.worstNs).toBeLessThanOrEqual(20);
    }
  });

  it('does not hold a suspended machine against the counter', () => {
    for (const outcome of simulate('suspended')) {
      expect(outcome).toMatchObject(interpolating);
      expect(outcome.worstNs).toBeLessThanOrEqual(20);
    }
  });

  it('gives an unreliable counter up for good after 8 discrepancies, and is exact from then on', () => {
    for (const outcome of simulate('unreliable')) {
      expect(outcome).toMatchObject({ mode: 'ASKING', discrepancies: 8 });
      expect(outcome.worstNs).toBeLessThanOrEqual(20_000);
    }
    for (const outcome of simulate('after-giving-up')) expect(outcome).toMatchObject({ mode: 'ASKING', worstNs: 0 });
  });

  it('asks for good where the counter is emulated and slow', () => {
    for (const outcome of simulate('emulated-tsc')) expect(outcome).toMatchObject({ mode: 'ASKING', worstNs: 0 });
  });
});
