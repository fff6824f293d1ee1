import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkTraceDirectory, ensureSnapshotDirectory, ensureTraceDirectory } from './trace-directory.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-directory-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const refusal = (sentence: RegExp) =>
  expect.objectContaining({ code: 'DIRECTORY_REFUSED', message: expect.stringMatching(sentence) });

if (process.geteuid?.() !== 0)
  console.warn('SKIPPED: only root can make what it takes: not tested: directories of other users');

describe('ensureTraceDirectory', () => {
  it('makes missing directories, privately, and accepts them later', () => {
    const path = join(root, 'session', 'ust/uid/0/64-bit');
    ensureTraceDirectory(path, join(root, 'session'));
    ensureTraceDirectory(path, join(root, 'session'));
    for (const part of ['session', 'session/ust', 'session/ust/uid/0/64-bit']) {
      expect(statSync(join(root, part)).mode & 0o777).toBe(0o700);
    }
  });

  it('lets a person reach the output directory through a link', () => {
    mkdirSync(join(root, 'real'));
    symlinkSync('real', join(root, 'link'));
    ensureTraceDirectory(join(root, 'link/ust/uid/0/64-bit'), join(root, 'link'));
    expect(statSync(join(root, 'real/ust/uid/0/64-bit')).isDirectory()).toBe(true);
  });

  it.each(['ust', 'ust/uid', 'ust/uid/0', 'ust/uid/0/64-bit'])('refuses a link at %s', (part) => {
    mkdirSync(join(root, 'elsewhere'));
    mkdirSync(join(root, part, '..'), { recursive: true });
    symlinkSync(join(root, 'elsewhere'), join(root, part));
    expect(() => ensureTraceDirectory(join(root, 'ust/uid/0/64-bit'), root)).toThrowError(
      refusal(/is a symbolic link/),
    );
  });

  it('refuses a link in place of a snapshot, whose parent may be a link', () => {
    mkdirSync(join(root, 'shared'));
    symlinkSync('shared', join(root, 'link'));
    symlinkSync(root, join(root, 'shared/snapshot'));
    expect(() => ensureSnapshotDirectory(join(root, 'link/snapshot'), join(root, 'link'))).toThrowError(
      refusal(/snapshot is a symbolic link/),
    );
    ensureSnapshotDirectory(join(root, 'link/other'), join(root, 'link'));
    expect(readdirSync(join(root, 'shared')).sort()).toEqual(['other', 'snapshot']);
  });

  it('refuses a link anywhere below a given output directory', () => {
    mkdirSync(join(root, 'elsewhere'));
    symlinkSync('elsewhere', join(root, 'archives'));
    expect(() => ensureTraceDirectory(join(root, 'archives/one'), root)).toThrowError(refusal(/is a symbolic link/));
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
    rmSync(join(root, 'archives'));
    ensureTraceDirectory(join(root, 'archives/one'), root);
    expect(readdirSync(join(root, 'archives'))).toEqual(['one']);
    expect(checkTraceDirectory(join(root, '.ringtail/uuid'), root)).toBe(false);
    symlinkSync('elsewhere', join(root, '.ringtail'));
    expect(() => checkTraceDirectory(join(root, '.ringtail/uuid'), root)).toThrowError(refusal(/is a symbolic link/));
  });

  it('refuses a file in its place', () => {
    writeFileSync(join(root, 'file'), '');
    for (const path of ['file', 'file/below']) {
      expect(() => ensureTraceDirectory(join(root, path), root)).toThrowError(
        refusal(/not a directory, open '.*\/file'/),
      );
    }
  });

  it.skipIf(process.geteuid?.() !== 0)('refuses directories of somebody else', () => {
    const path = join(root, 'session/ust/uid/0/64-bit');
    for (const part of ['session/ust/uid/0/64-bit', 'session/ust', 'session']) {
      rmSync(join(root, 'session'), { recursive: true, force: true });
      mkdirSync(path, { recursive: true });
      chownSync(join(root, part), 12345, 12345);
      expect(() => ensureTraceDirectory(path, join(root, 'session'))).toThrowError(refusal(/belongs to user 12345/));
    }
  });
});
