import { describe, expect, it } from 'vitest';
import { quotedText } from './pretty-text.ts';

describe('quoted text', () => {
  it('escapes quotes, question marks and control characters as C does, and leaves the rest', () => {
    expect(quotedText('a\'b"c?d\\e')).toBe('"a\\\'b\\"c\\?d\\\\e"');
    expect(quotedText('\x07\b\x1b\f\n\r\t\v')).toBe('"\\a\\b\\e\\f\\n\\r\\t\\v"');
    expect(quotedText('\x01\x1f\x7f')).toBe('"\\x01\\x1f\\x7f"');
    expect(quotedText('café € 🐧 \x85')).toBe('"café € 🐧 \x85"');
  });
});
