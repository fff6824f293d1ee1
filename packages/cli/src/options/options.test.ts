import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { channelAttributes } from './channel-options.ts';
import { splitNames } from './common-options.ts';
import { parseCount, parsePeriodUs, parseSize } from './quantity-options.ts';
import { eventRule } from './rule-options.ts';

describe('options', () => {
  it('sizes take the suffixes of LTTng', () => {
    expect(['4096', '16k', '2M', '1G'].map(parseSize)).toEqual([4096, 16384, 2 ** 21, 2 ** 30]);
    for (const text of ['', '0', 'k', '1.5M', '-1', '1T', '1e6']) expect(() => parseSize(text)).toThrow(/no size/);
  });

  it('sizes and counts are decimal, octal or hexadecimal, as in C', () => {
    expect(['0x1000', '0X10k', '010000', '017M'].map(parseSize)).toEqual([4096, 16384, 4096, 15 * 2 ** 20]);
    expect(['0', '8', '010', '0x10'].map((text) => parseCount('--n', text, 0))).toEqual([0, 8, 8, 16]);
    for (const text of ['08', '0x', '0xg', '0b1', '1k', ''])
      expect(() => parseCount('--n', text, 0)).toThrow(/no number/);
    expect(() => parseCount('--n', '0x0', 1)).toThrow(/no number/);
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

  it('a comma behind a backslash belongs to the name', () => {
    expect(splitNames('a\\,b,c')).toEqual(['a,b', 'c']);
  });

  it('empty names are passed over, and none at all is refused', () => {
    expect(splitNames(',a,,b,')).toEqual(['a', 'b']);
    for (const text of ['', ',']) expect(() => splitNames(text)).toThrow(/no name/);
  });
});
