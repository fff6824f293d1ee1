import { describe, expect, it } from 'vitest';
import { LogLevels } from './log-level.ts';

describe('log levels', () => {
  it('have the numbers of LTTng, from most to least severe', () => {
    expect(Object.values(LogLevels)).toEqual([...Array(15).keys()]);
  });
});
