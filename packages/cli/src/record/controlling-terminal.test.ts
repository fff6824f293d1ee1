import { describe, expect, it } from 'vitest';
import { terminalRoleOf } from './controlling-terminal.ts';

describe('the controlling terminal', () => {
  it('is read behind the name of the program, whatever that holds', () => {
    expect(terminalRoleOf('7 (node) S 1 50 40 34816 50 4194304 0')).toBe('foreground');
    expect(terminalRoleOf('7 (a) S 9 9 0 9 (b) S 1 50 40 34816 51 4194304 0')).toBe('background');
    expect(terminalRoleOf('7 (node) S 1 50 40 0 -1 4194304 0')).toBe('none');
  });
});
