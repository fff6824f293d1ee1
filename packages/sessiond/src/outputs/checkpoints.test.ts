import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeCheckpoints } from './checkpoints.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

let output: string;
beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'ringtail-checkpoints-'));
  for (const uuid of ['one', 'two']) {
    mkdirSync(join(output, '.ringtail', uuid), { recursive: true });
    writeFileSync(join(output, '.ringtail', uuid, 'channel0_0.checkpoint'), '');
  }
});
afterEach(() => {
  rmSync(output, { recursive: true });
});

function remove(...uuids: string[]): void {
  removeCheckpoints(output, uuids, owner);
}

describe('removeCheckpoints', () => {
  it("removes those of a session's traces, and their directory with the last", () => {
    remove('one');
    expect(readdirSync(join(output, '.ringtail'))).toEqual(['two']);
    remove('two');
    expect(readdirSync(output)).toEqual([]);
    remove('two');
  });

  it('leaves what is in a .ringtail of the user alone', () => {
    mkdirSync(join(output, '.ringtail', 'sessions'));
    remove('one', 'two');
    expect(readdirSync(join(output, '.ringtail'))).toEqual(['sessions']);
  });

  it('does not go through a link in place of the directory', () => {
    renameSync(join(output, '.ringtail'), join(output, 'elsewhere'));
    symlinkSync(join(output, 'elsewhere'), join(output, '.ringtail'));
    expect(() => remove('one', 'two')).toThrow(/\.ringtail is a symbolic link/);
    expect(readdirSync(join(output, 'elsewhere'))).toEqual(['one', 'two']);
  });

  it('follows no link', () => {
    const elsewhere = join(output, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'kept'), '');
    symlinkSync(elsewhere, join(output, '.ringtail', 'three'));
    remove('one', 'two', 'three');
    expect(existsSync(join(elsewhere, 'kept'))).toBe(true);
    expect(existsSync(join(output, '.ringtail'))).toBe(false);
  });
});
