import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { channelAttributes } from './channel-options.ts';
import { eventRule, splitNames } from './options.ts';
import { parsePeriodUs, parseSize } from './quantity-options.ts';
import { fakeContext } from './testing/fake-context.test.support.ts';

describe('options', () => {
  it('sizes take the suffixes of LTTng', () => {
    expect(['4096', '16k', '2M', '1G'].map(parseSize)).toEqual([4096, 16384, 2 ** 21, 2 ** 30]);
    for (const text of ['', '0', 'k', '1.5M', '-1', '1T', '1e6']) expect(() => parseSize(text)).toThrow(/no size/);
  });

  it('periods are microseconds, or have a suffix of LTTng', () => {
    expect(['0', '5', '7us', '5ms', '10s', '2m', '1h'].map(parsePeriodUs)).toEqual([
      0, 5, 7, 5000, 10_000_000, 120_000_000, 3_600_000_000,
    ]);
    for (const text of ['', 's', '-1', '1d', '1.5s', '1 s', '9'.repeat(15).concat('h')]) {
      expect(() => parsePeriodUs(text)).toThrow(/no period/);
    }
  });

  it('a channel that is not asked for has the default sizes', () => {
    const context = fakeContext();
    expect(channelAttributes(context, 'c', {})).toEqual({ ...DEFAULT_CHANNEL, name: 'c' });
    expect(context.errors()).toBe('');
  });

  it('sizes that are no power of two are rounded up, and that is told', () => {
    const context = fakeContext();
    const attributes = channelAttributes(context, 'c', { subbufSize: '5000', numSubbuf: '3', overwrite: true });
    expect(attributes).toMatchObject({ subBufBytes: 8192, subBufCount: 4, mode: 'overwrite' });
    expect(context.errors()).toContain('The subbuf size (5000) is rounded to the next power of 2 (8192)');
    expect(context.errors()).toContain('The number of subbuffers (3) is rounded to the next power of 2 (4)');
  });

  it('log level options become ranges of numbers, the more severe end first', () => {
    expect(eventRule('a:*', { loglevel: 'info' })).toEqual({ pattern: 'a:*', logLevel: { from: 0, to: 6 } });
    expect(eventRule('a:*', { loglevelOnly: 'info' })).toEqual({ pattern: 'a:*', logLevel: { from: 6, to: 6 } });
    expect(() => eventRule('a:*', { loglevel: 'info', loglevelOnly: 'info' })).toThrow(/either/);
  });

  it('exclusions add up over repeated options and commas', () => {
    expect(eventRule('*', { exclude: ['a:x,a:y', 'b:*'] })).toEqual({ pattern: '*', exclude: ['a:x', 'a:y', 'b:*'] });
  });

  it('a comma behind a backslash belongs to the name, and an empty name is refused', () => {
    expect(splitNames('a\\,b,c')).toEqual(['a,b', 'c']);
    expect(() => splitNames('a,,b')).toThrow(/empty name/);
  });
});
