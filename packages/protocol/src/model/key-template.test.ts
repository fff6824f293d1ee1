import { describe, expect, it } from 'vitest';
import { expandKeyTemplate, namesEvent, strayBraceIn } from './key-template.ts';

describe('a template of keys', () => {
  it.each([
    ['k', 'k'],
    ['{event_name}', 'shop:order'],
    ['{provider_name}/{event_name}!', 'shop/shop:order!'],
    ['{{event_name}}', '{event_name}'],
    ['{{{event_name}}}', '{shop:order}'],
    ['}}{{', '}{'],
  ])('%s gives %s', (template, key) => {
    expect(expandKeyTemplate(template, 'shop:order')).toBe(key);
    expect(strayBraceIn(template)).toBeUndefined();
    expect(namesEvent(template)).toBe(key.includes('shop'));
  });

  it('gives an event without a provider no provider', () => {
    expect(expandKeyTemplate('<{provider_name}>', 'order')).toBe('<>');
  });

  it.each([
    ['a{b}', '{b}'],
    ['a}', '}'],
    ['{{{', '{'],
    ['{ event_name}', '{ event_name}'],
  ])('%s has a stray brace', (template, stray) => {
    expect(strayBraceIn(template)).toBe(stray);
  });
});
