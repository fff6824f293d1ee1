import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { resolveCommand } from './resolve-command.ts';

function contextWithFiles() {
  const base = fakeContext();
  for (const name of ['first', 'second', 'first/tool', 'adirectory']) mkdirSync(join(base.cwd, name));
  for (const [name, mode] of [
    ['second/tool', 0o755],
    ['second/plain.mjs', 0o644],
    ['here', 0o755],
  ] as const) {
    writeFileSync(join(base.cwd, name), '#!/bin/sh\n');
    chmodSync(join(base.cwd, name), mode);
  }
  // A link to itself stands for the directories that cannot be looked into.
  symlinkSync('loop', join(base.cwd, 'loop'));
  return { ...base, env: { ...base.env, PATH: `loop:${join(base.cwd, 'first')}:second` } };
}

describe('the command', () => {
  it('is looked for as a shell does: along PATH, past directories and what cannot be looked into, or by path', () => {
    const context = contextWithFiles();
    expect(resolveCommand(context, 'tool')).toBe(join(context.cwd, 'second', 'tool'));
    expect(resolveCommand(context, './here')).toBe(join(context.cwd, 'here'));
  });

  it('that is nowhere is told from one that may not be executed', () => {
    const context = contextWithFiles();
    const code = (command: string): string => {
      try {
        return resolveCommand(context, command);
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(code('nowhere')).toBe('COMMAND_NOT_FOUND');
    expect(code('here')).toBe('COMMAND_NOT_FOUND');
    expect(code('./second/plain.mjs')).toBe('COMMAND_NOT_EXECUTABLE');
    expect(code('plain.mjs')).toBe('COMMAND_NOT_EXECUTABLE');
    expect(code('./adirectory')).toBe('COMMAND_NOT_EXECUTABLE');
  });

  it('that is a script is explained', () => {
    const context = contextWithFiles();
    expect(() => resolveCommand(context, './second/plain.mjs')).toThrow(
      expect.objectContaining({ hint: 'run it with Node.js: ringtail record node ./second/plain.mjs' }),
    );
  });
});
