import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { channelAttributes } from './channel-options.ts';
import { splitNames } from './common-options.ts';
import { parseCount, parsePeriodUs, parseSize } from './quantity-options.ts';
import { eventRule } from './rule-options.ts';
import { parseChunkBytes, parseSnapshotLimit, parseTimerUs, parseWaitUs } from './unit-hints.ts';

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

  it('numbers without a unit that are likely wrong are warned of, where lttng has the option', () => {
    const context = fakeContext();
    expect(parseTimerUs(context, '--timer', '2')).toBe(2);
    expect(context.errors()).toBe(
      'warning: --timer=2: a number without a unit is in microseconds, so this is 2us. For seconds, write 2s\n',
    );
    expect(parseChunkBytes(context, '--size', '1')).toBe(1);
    expect(context.errors()).toContain('--size=1: a number without a unit is in bytes. For MiB, write 1M\n');
    const quiet = fakeContext();
    for (const text of ['0', '1000', '2us', '5ms', '1000000']) parseTimerUs(quiet, '--timer', text);
    for (const text of ['4096', '1k', '0x10000']) parseChunkBytes(quiet, '--size', text);
    expect([parseSnapshotLimit(quiet, '0'), parseSnapshotLimit(quiet, '1k')]).toEqual([null, 1024]);
    expect(quiet.errors()).toBe('');
  });

  it("periods of Ringtail's own options are at least a millisecond", () => {
    const context = fakeContext();
    const refused = (text: string) => {
      try {
        parseWaitUs(context, '--stall-period', text);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refused('2')).toMatchObject({
      code: 'BAD_ARGUMENT',
      message: '--stall-period=2 is too short: the least is 1ms',
      hint: 'a number without a unit is in microseconds, so this is 2us. For seconds, write 2s',
    });
    expect(refused('999us')).toMatchObject({ hint: 'such as --stall-period=2s' });
    expect(refused('0')).toMatchObject({ hint: 'such as --stall-period=2s' });
    expect(context.errors()).toBe('');
    expect(parseWaitUs(context, '--stall-period', '2000')).toBe(2000);
    expect(context.errors()).toBe('warning: --stall-period=2000 is 2ms: a number without a unit is in microseconds\n');
    expect([parseWaitUs(context, '--p', '2ms'), parseWaitUs(context, '--p', '2000000')]).toEqual([2000, 2_000_000]);
    expect(context.errors().split('\n')).toHaveLength(2);
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

  it('sizes below a page without a unit are bytes, as in LTTng, and that is told', () => {
    const context = fakeContext();
    channelAttributes(context, 'c', { subbufSize: '4', tracefileSize: '10' });
    const hint = 'a number without a unit is in bytes. For MiB, write';
    expect(context.errors()).toContain(`warning: --subbuf-size=4: ${hint} 4M\n`);
    expect(context.errors()).toContain(`warning: --tracefile-size=10: ${hint} 10M\n`);
    const sensible = fakeContext();
    channelAttributes(sensible, 'c', { subbufSize: '4096', tracefileSize: '8k' });
    channelAttributes(sensible, 'c', { tracefileSize: '0' });
    expect(sensible.errors()).toBe('');
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
