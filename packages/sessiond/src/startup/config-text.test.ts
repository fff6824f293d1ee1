import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfigText } from './config-text.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED: only root can make what it takes: not tested: configuration files of other users');

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-config-'));
  path = join(directory, 'home', 'ringtail.conf');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a configuration file', () => {
  it('may be absent, with its directory', () => {
    expect(readConfigText(path)).toBeUndefined();
    writeFileSync(join(directory, 'home'), '');
    expect(readConfigText(path)).toBeUndefined();
  });

  it('may be a link', () => {
    mkdirSync(join(directory, 'home'));
    writeFileSync(join(directory, 'file'), 'text');
    symlinkSync('../file', path);
    expect(readConfigText(path)).toBe('text');
  });

  it.skipIf(!isRoot)('of root is refused where another user has put it, or can change it', () => {
    mkdirSync(join(directory, 'home'));
    writeFileSync(path, 'consumerd-path=/evil');
    for (const mode of [0o664, 0o646]) {
      chmodSync(path, mode);
      expect(() => readConfigText(path)).toThrow(`${path} can be written to by`);
    }
    chmodSync(path, 0o644);
    expect(readConfigText(path)).toBe('consumerd-path=/evil');
    chownSync(path, 42_421, 42_421);
    expect(() => readConfigText(path)).toThrow(`${path} belongs to user 42421: it has to be root's alone`);
    chownSync(path, 0, 0);
    chownSync(join(directory, 'home'), 42_421, 42_421);
    expect(() => readConfigText(path)).toThrow(`${join(directory, 'home')} belongs to user 42421`);
  });
});
