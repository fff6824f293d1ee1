import { describe, expect, it } from 'vitest';
import { tracedEnvironment } from './preload.ts';

describe("the command's environment", () => {
  it('loads the tracer first and keeps the options that were there', () => {
    expect(
      tracedEnvironment({ NODE_OPTIONS: '--max-old-space-size=64', HOME: '/h' }, 'file:///t.js', '/run/x'),
    ).toEqual({
      HOME: '/h',
      NODE_OPTIONS: '--import=file:///t.js --max-old-space-size=64',
      RINGTAIL_RUNDIR: '/run/x',
    });
    expect(tracedEnvironment({}, 'file:///t.js', '/run/x').NODE_OPTIONS).toBe('--import=file:///t.js');
  });
});
