import { describe, expect, it } from 'vitest';
import { checkTrigger } from './trigger.ts';

const withHeaders = (...headers: readonly (readonly [string, string])[]) =>
  checkTrigger({
    name: 't',
    condition: { kind: 'session-trouble', session: 's' },
    actions: [
      {
        kind: 'webhook',
        ratePolicy: { every: 1 },
        url: 'http://h/',
        timeoutMs: 1,
        attempts: 1,
        headers: headers.map(([name, value]) => ({ name, value })),
      },
    ],
  });

describe('headers of a webhook', () => {
  it('are checked where a definition is received', () => {
    expect(withHeaders(['X-Team', 'shop, "night"']).actions).toHaveLength(1);
  });

  it.each([
    [['X', 'a\r\nHost: b']],
    [['X', 'a\nb']],
    [['X', 'a\0b']],
    [['X', 'ü']],
    [['X\r\nY', 'a']],
    [['X:', 'a']],
    [['', 'a']],
    [['X', '']],
    [['Transfer-Encoding', 'chunked']],
    [['CONTENT-LENGTH', '0']],
    [['Cookie', 'a=b']],
    [['X'.repeat(257), 'a']],
    [
      ['X', 'a'],
      ['x', 'b'],
    ],
  ] as const)('are refused: %j', (...headers) => {
    expect(() => withHeaders(...headers)).toThrow();
  });
});
