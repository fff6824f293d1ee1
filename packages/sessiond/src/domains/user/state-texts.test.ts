import { describe, expect, it } from 'vitest';
import { TriggerFeed } from '../../triggers/trigger-feed.ts';
import { desiredChannelsOf } from './desired-state.ts';
import { PIECE_BYTES_KEPT, StateTexts } from './state-texts.ts';

describe('pieces with everything', () => {
  const feedOf = (bytes: number) => {
    const feed = new TriggerFeed();
    feed.put(1, [{ key: 1, rule: { pattern: `p:${'e'.repeat(bytes)}` }, captures: [], counter: null }]);
    return feed;
  };
  const noChannels = (texts: StateTexts) => texts.channels(desiredChannelsOf([], () => '/wake'));
  /** Of another process: what it is to record is its own. */
  const another = (number: number) => ({ text: `[${number}]`, bytes: 3, demands: new Map() });

  it('are made once for all that are told the same, until something else is true', () => {
    const texts = new StateTexts();
    const feed = feedOf(10);
    const channels = noChannels(texts);
    const piece = texts.whole(channels, feed);
    expect(texts.whole(channels, feed)).toBe(piece);
    expect(texts.whole(another(1), feed)).not.toBe(piece);
    feed.put(1, []);
    expect(texts.whole(channels, feed)).not.toBe(piece);
  });

  it('are kept up to a bound, however many processes have traces of their own beside a long list of triggers', () => {
    const texts = new StateTexts();
    const feed = feedOf(PIECE_BYTES_KEPT / 4);
    const others = Array.from({ length: 8 }, (_, number) => another(number));
    const pieces = others.map((channels) => texts.whole(channels, feed));
    const kept = others.filter((channels, idx) => texts.whole(channels, feed) === pieces[idx]);
    expect(kept.length).toBeLessThanOrEqual(4);
    const channels = noChannels(texts);
    expect(texts.whole(channels, feed)).toBe(texts.whole(channels, feed));
  });
});
