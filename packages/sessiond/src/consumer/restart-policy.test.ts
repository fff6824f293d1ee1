import { describe, expect, it } from 'vitest';
import { RestartPolicy } from './restart-policy.ts';

describe('RestartPolicy', () => {
  it('waits longer each time, up to a limit, and gives up hope after a few failures in a row', () => {
    const policy = new RestartPolicy();
    const answers = Array.from({ length: 8 }, () => policy.ended(0));
    expect(answers.map(({ delayMs }) => delayMs)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(answers.map(({ hopeless }) => hopeless)).toEqual([false, false, false, false, true, true, true, true]);
  });

  it('gives the next longer and longer times of rest where one after the other hangs', () => {
    const policy = new RestartPolicy();
    const hang = (workedMs = 70_000) => policy.hung(workedMs, 60_000).delayMs;
    expect([hang(), hang(), hang(), hang()]).toEqual([100, 60_000, 120_000, 240_000]);
    expect(policy.hangs).toBe(4);
    for (let count = 0; count < 10; count++) hang();
    expect(hang()).toBe(3_600_000);
    expect(hang(600_000), 'after one that worked for a while').toBe(100);
    expect(policy.hangs).toBe(1);
  });

  it('begins anew after a consumer that worked for a while', () => {
    const policy = new RestartPolicy();
    for (let failures = 0; failures < 6; failures++) policy.ended(10);
    expect(policy.ended(60_000)).toEqual({ delayMs: 100, hopeless: false });
  });
});
