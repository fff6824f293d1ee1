import { describe, expect, it } from 'vitest';
import { RestartPolicy } from './restart-policy.ts';

describe('RestartPolicy', () => {
  it('waits longer each time, up to a limit, and gives up hope after a few failures in a row', () => {
    const policy = new RestartPolicy();
    const answers = Array.from({ length: 8 }, () => policy.ended(0));
    expect(answers.map(({ delayMs }) => delayMs)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(answers.map(({ hopeless }) => hopeless)).toEqual([false, false, false, false, true, true, true, true]);
  });

  it('begins anew after a consumer that worked for a while', () => {
    const policy = new RestartPolicy();
    for (let failures = 0; failures < 6; failures++) policy.ended(10);
    expect(policy.ended(60_000)).toEqual({ delayMs: 100, hopeless: false });
  });
});
