import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectories } from './make-directories.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-mkdir-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('makeDirectories', () => {
  it('makes missing directories, with the mode less the umask, and leaves existing ones', () => {
    const umask = process.umask(0o027);
    try {
      makeDirectories(join(root, 'a', 'b'), 0o700);
      makeDirectories(join(root, 'a', 'b', 'c', 'd'), 0o711);
      makeDirectories(join(root, 'a', 'e', 'f'));
    } finally {
      process.umask(umask);
    }
    const modes = ['a', 'a/b', 'a/b/c', 'a/b/c/d', 'a/e', 'a/e/f'].map(
      (path) => statSync(join(root, path)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o700, 0o710, 0o710, 0o750, 0o750]);
    makeDirectories('/', 0o700);
  });

  it('fails where there is a file, and where nothing can be made', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => makeDirectories(join(root, 'file'), 0o700)).toThrow('EEXIST');
    expect(() => makeDirectories(join(root, 'file', 'below'), 0o700)).toThrow('ENOTDIR');
    expect(() => makeDirectories('/proc/nowhere/below', 0o700)).toThrow('ENOENT');
  });
});
