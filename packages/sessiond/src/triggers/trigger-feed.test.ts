import { describe, expect, it } from 'vitest';
import { TriggerFeed } from './trigger-feed.ts';

const trigger = (key: number) => ({ key, rule: { pattern: 'ä:b' }, captures: null, counter: null });
const text = (key: number) => JSON.stringify(trigger(key));

describe('TriggerFeed', () => {
  it('tells what came and went since a version', () => {
    const feed = new TriggerFeed();
    feed.put(1, [trigger(1), trigger(2)]);
    const { version } = feed;
    expect(feed.since(version)).toEqual({ removed: [], added: [] });
    feed.put(1, [trigger(2), trigger(3)]);
    feed.put(4, [trigger(4)]);
    feed.put(4, []);
    expect(feed.since(version)).toEqual({ removed: [1, 4], added: [text(3)] });
    expect(feed.since(0)).toEqual({ removed: [1, 4], added: [text(2), text(3)] });
    expect([...feed.texts()]).toEqual([text(2), text(3)]);
    expect(feed.bytes).toBe(2 * Buffer.byteLength(text(2)));
  });

  it('does not change where what is put is there already', () => {
    const feed = new TriggerFeed();
    feed.put(1, [trigger(1)]);
    const { version } = feed;
    feed.put(1, [trigger(1)]);
    feed.put(2, []);
    expect(feed.version).toBe(version);
  });

  it('forgets what was long ago, and says so', () => {
    const feed = new TriggerFeed();
    for (let key = 1; key <= 20_000; key++) feed.put(key, [trigger(key)]);
    expect(feed.since(0)).toBeUndefined();
    expect(feed.since(feed.version - 100)?.added).toHaveLength(100);
  });
});
