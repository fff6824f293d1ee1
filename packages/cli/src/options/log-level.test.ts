import { describe, expect, it } from 'vitest';
import { CliError } from '../errors/cli-error.ts';
import { describeLogLevel, parseLogLevel } from './log-level.ts';

describe('log levels', () => {
  it('are taken as names, as LTTng writes them, and as numbers', () => {
    expect(['emerg', 'INFO', 'TRACE_INFO', 'trace_debug_line', '14', '0'].map((text) => parseLogLevel(text))).toEqual([
      0, 6, 6, 13, 14, 0,
    ]);
  });

  it('that do not exist are refused with the list of those that do', () => {
    for (const text of ['fatal', '15', '-1', '', '1.5']) {
      expect(() => parseLogLevel(text)).toThrow(CliError);
    }
  });

  it('are shown with name and number', () => {
    expect(describeLogLevel(6)).toBe('TRACE_INFO (6)');
  });
});
