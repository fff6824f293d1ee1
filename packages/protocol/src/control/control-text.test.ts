import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  channelsIn,
  decodeSlotWords,
  encodeSlotWords,
  removalLine,
  triggerChangesIn,
  triggerIn,
  triggerLine,
} from './control-text.ts';
import type { DesiredTrigger } from './desired-state.ts';

const trigger = (key: number, pattern = 'a:*'): DesiredTrigger => ({
  key,
  rule: { pattern },
  counter: 2 * key,
  keys: [],
  reports: null,
});
const line = (key: number) => triggerLine(key, trigger(key));

const triggersIn = (lines: string) =>
  [...triggerChangesIn(lines).values()].flatMap((json) => (json === undefined ? [] : [triggerIn(json)]));

describe('the words of a slot', () => {
  it('are read as they were written', () => {
    const word = fc.nat(0xffff_ffff);
    const text = fc.record({ number: word, length: word, area: word });
    fc.assert(
      fc.property(fc.record({ generation: word, channels: text, triggers: text }), (words) => {
        expect(decodeSlotWords(encodeSlotWords(words))).toEqual(words);
      }),
    );
  });
});

describe('the text of triggers', () => {
  it('adds and removes triggers, line by line', () => {
    const lines = [line(1), line(2), removalLine(1), line(3)].join('');
    expect(triggersIn(lines)).toEqual([trigger(2), trigger(3)]);
    expect([...triggerChangesIn(lines).keys()]).toEqual([1, 2, 3]);
    expect(triggerChangesIn(lines).get(1)).toBeUndefined();
    expect([channelsIn(''), triggersIn('')]).toEqual([[], []]);
  });

  it('holds triggers, whatever characters they have', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), (patterns) => {
        const triggers = patterns.map((pattern, key) => trigger(key, pattern));
        expect(triggersIn(triggers.map((each) => triggerLine(each.key, each)).join(''))).toEqual(triggers);
      }),
    );
  });
});
