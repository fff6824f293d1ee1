import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { nameOfTitle } from './thread-name.ts';

/** What a process of its own calls itself. */
function nameOf(argv0: string, setTitle = ''): string {
  const program = `${setTitle}; console.log(JSON.stringify([process.title, process.argv0]))`;
  const { stdout } = spawnSync(process.execPath, ['--eval', program], { argv0, encoding: 'utf8' });
  const [title, typed] = JSON.parse(stdout) as [string, string];
  return nameOfTitle(title, typed);
}

describe('the name of a thread', () => {
  it.each(['node', '/usr/bin/node', './node', '../../bin/node'])('started as %s is that of the command', (argv0) => {
    expect(nameOf(argv0)).toBe('node');
  });

  it('is the title that the program set', () => {
    expect(nameOf('./node', "process.title = 'pool/3'")).toBe('pool/3');
  });
});
