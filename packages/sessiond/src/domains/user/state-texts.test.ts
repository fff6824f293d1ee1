import { describe, expect, it } from 'vitest';
import { StateTexts } from './state-texts.ts';

describe('texts of channels', () => {
  it('are encoded once, each under a number of its own', () => {
    const texts = new StateTexts();
    expect(texts.of('[]')).toBe(texts.of('[]'));
    expect(texts.of('[1]').number).not.toBe(texts.of('[2]').number);
  });

  it('are kept as long as a thread has them', () => {
    const texts = new StateTexts();
    const text = texts.of('[]');
    texts.hold(text);
    texts.hold(text);
    texts.release(text);
    texts.dropUnpublished();
    expect(texts.of('[]')).toBe(text);
    texts.release(text);
    expect(texts.of('[]')).not.toBe(text);
  });

  it('that no thread has received are dropped', () => {
    const texts = new StateTexts();
    const text = texts.of('[]');
    texts.dropUnpublished();
    expect(texts.of('[]')).not.toBe(text);
  });

  it('are found again where a thread receives one that was dropped before', () => {
    const texts = new StateTexts();
    const text = texts.of('[]');
    texts.dropUnpublished();
    const other = texts.of('[]');
    texts.hold(text);
    expect(texts.of('[]')).toBe(text);
    texts.hold(other);
    texts.release(text);
    expect(texts.of('[]')).toBe(other);
  });
});
