import { describe, expect, it } from 'vitest';
import { basicDateTime } from './basic-date-time.ts';

describe('basicDateTime', () => {
  it('writes local time with its offset from UTC', () => {
    const at = new Date(Date.UTC(2026, 10, 20, 23, 33, 54));
    expect(basicDateTime(at, 0)).toBe('20261120T233354+0000');
    expect(basicDateTime(at, 60)).toBe('20261121T003354+0100');
    expect(basicDateTime(at, -210)).toBe('20261120T200354-0330');
  });
});
