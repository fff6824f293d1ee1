import { describe, expect, it } from 'vitest';
import { configFlag, parseConfig } from './config-file.ts';

describe('parseConfig', () => {
  it('takes what is in the section of the daemon, and leaves the rest', () => {
    const text =
      '# ours\n[relayd]\nport=1\n\n[sessiond]\n; a comment\n group = tracing \nload="/a b"\r\n[other]\nnonsense\n';
    expect(parseConfig(text, 'f')).toEqual([
      { option: 'group', value: 'tracing', at: 'f:7' },
      { option: 'load', value: '/a b', at: 'f:8' },
    ]);
  });

  it.each([
    ['[sessiond\n', 'f:1'],
    ['[sessiond]\nquiet\n', 'f:2'],
    ['[sessiond]\n=yes\n', 'f:2'],
  ])('refuses %j with the line', (text, at) => {
    expect(() => parseConfig(text, 'f')).toThrow(at);
  });
});

describe('configFlag', () => {
  it("knows LTTng's words for yes and no, and no others", () => {
    const flag = (value: string) => configFlag({ option: 'quiet', value, at: 'f:1' });
    expect(['1', 'yes', 'TRUE', 'on'].map(flag)).toEqual([true, true, true, true]);
    expect(['0', 'no', 'False', 'off'].map(flag)).toEqual([false, false, false, false]);
    expect(() => flag('perhaps')).toThrow('f:1: quiet is yes or no');
  });
});
