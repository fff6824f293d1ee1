import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatSeconds, plural, shellQuote } from './quantity.ts';

describe('quantities', () => {
  it('are written with the unit that keeps them short', () => {
    expect([0, 1023, 1024, 1536, 25_165_824, 2 ** 40].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.5 KiB',
      '24.0 MiB',
      '1.0 TiB',
    ]);
    expect([0.4231, 9.999, 12.34, 59.94, 307].map(formatSeconds)).toEqual([
      '0.42 s',
      '10.00 s',
      '12.3 s',
      '59.9 s',
      '5 min 07 s',
    ]);
    expect(formatCount(1234567.4)).toBe('1,234,567');
    expect([plural(1, 'event'), plural(0, 'event'), plural(2000, 'entry', 'entries')]).toEqual([
      '1 event',
      '0 events',
      '2,000 entries',
    ]);
  });

  it('a path that a shell would read differently is quoted', () => {
    expect(shellQuote('/tmp/trace-1.2')).toBe('/tmp/trace-1.2');
    expect(shellQuote("/tmp/it's here")).toBe(`'/tmp/it'\\''s here'`);
    expect(shellQuote('a$b')).toBe("'a$b'");
  });
});
