import { describe, expect, it } from 'vitest';
import { quotedText } from './pretty-text.ts';

describe('quoted text', () => {
  it('escapes quotes, question marks and control characters as C does, and no other safe characters', () => {
    expect(quotedText('a\'b"c?d\\e')).toBe('"a\\\'b\\"c\\?d\\\\e"');
    expect(quotedText('\x07\b\x1b\f\n\r\t\v')).toBe('"\\a\\b\\e\\f\\n\\r\\t\\v"');
    expect(quotedText('\x01\x1f\x7f')).toBe('"\\x01\\x1f\\x7f"');
    expect(quotedText('café € 🐧')).toBe('"café € 🐧"');
  });

  it('escapes other characters that are not safe to show, and bytes that are no characters', () => {
    expect(quotedText('a\x9b31m\u202e\u2028\ufffe\u{e0041}')).toBe('"a\\u009b31m\\u202e\\u2028\\ufffe\\U000e0041"');
    expect(quotedText('\udcff\ud800')).toBe('"\\xff\\ud800"');
  });
});
