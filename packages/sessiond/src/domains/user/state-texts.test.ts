import { describe, expect, it } from 'vitest';
import { isSameText, StateTexts, TEXT_BYTES_KEPT } from './state-texts.ts';

describe('texts of channels', () => {
  it('are encoded once, each under a number of its own', () => {
    const texts = new StateTexts();
    expect(texts.of('[]')).toBe(texts.of('[]'));
    expect(texts.of('[1]').number).not.toBe(texts.of('[2]').number);
  });

  it('are kept up to a bound, however many processes have traces of their own', () => {
    const texts = new StateTexts();
    const all = Array.from({ length: 8 }, (_, i) => `${i}`.padEnd(TEXT_BYTES_KEPT / 4, 'x'));
    const made = all.map((text) => texts.of(text));
    const kept = all.filter((text, i) => texts.of(text) === made[i]);
    expect(kept.length).toBeLessThanOrEqual(4);
  });

  it('are equal under another number, so that no thread gets one a second time', () => {
    const [one, other] = [new StateTexts(), new StateTexts()];
    other.of('another');
    expect(other.of('[]').number).not.toBe(one.of('[]').number);
    expect(isSameText(other.of('[]'), one.of('[]'))).toBe(true);
    expect(isSameText(other.of('[ ]'), one.of('[1]'))).toBe(false);
  });
});
