import { describe, expect, it } from 'vitest';
import { patternOf, Typist } from './typist.ts';

describe('a typist', () => {
  const typed = () => {
    const person = new Typist('docs/from-lttng.md', 'A tour');
    return (command: string, shown?: string) => person.follow({ commands: [command], shown, line: 7 });
  };

  it('notices a command that fails, and an output that the document does not show', async () => {
    const type = typed();
    await type('echo 5 events in 0.24 s', '5 events in 1.3 s\n');
    await expect(type('echo 5 events', '6 events\n')).rejects.toThrow('from-lttng.md:7 shows:\n6 events');
    await expect(type('echo 5 events')).rejects.toThrow('print:\n5 events');
    await expect(type('ringtail list --no-such-option', '…\n')).rejects.toThrow('list --no-such-option ended with 2');
  });

  it('keeps variables, and has the files and the home of the document', async () => {
    const type = typed();
    await type('first=one');
    expect(await type('echo $first; head -1 orders.mjs', '…')).toBe('one\n// orders.mjs\n');
    await type('cd && pwd', '/home/ann\n');
  });
});

describe('an output in a document', () => {
  const matches = (shown: string, output: string) => patternOf(shown).test(output);

  it('stands for other dates, times and quantities', () => {
    expect(matches('a-20261120-160449: 1.3 KiB, 2 s\n', 'a-20261202-051001: 900 B,   11.02 ms')).toBe(true);
    expect(matches('[16:04:49.679743833] (+0.000271045) a\n', '[06:00:00.000000000] (+1.000271045) a')).toBe(true);
    expect(matches('20 events, 1.3 KiB\n', '21 events, 1.3 KiB')).toBe(false);
  });

  it('stands for any text at an ellipsis, and for any lines at one alone', () => {
    expect(matches('a (… events)\n', 'a (5 events)')).toBe(true);
    expect(matches('a\n…\nb\n', 'a\n1\n2\nb')).toBe(true);
    expect(matches('a\n…\n', 'a')).toBe(false);
    expect(matches('a\n…\n', 'a\nb\nc')).toBe(true);
    expect(matches('a\n…\nb\n', 'a\nc')).toBe(false);
  });
});
