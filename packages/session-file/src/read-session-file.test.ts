import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSessionFile } from './read-session-file.ts';

const uid = process.getuid?.() as number;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-session-file-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the file of a saved session', () => {
  it('is read, by a link too', () => {
    const path = join(directory, 's.lttng');
    writeFileSync(path, '<sessions/>');
    symlinkSync(path, join(directory, 'link'));
    expect(readSessionFile(join(directory, 'link'))).toBe('<sessions/>');
    expect(readSessionFile(path, uid)).toBe('<sessions/>');
  });

  it('is no directory, no device, and no longer than any is', () => {
    const long = join(directory, 'long');
    const descriptor = openSync(long, 'w');
    ftruncateSync(descriptor, 64 * 1024 ** 2 + 1);
    closeSync(descriptor);
    expect(() => readSessionFile(directory)).toThrow('it is not a file');
    expect(() => readSessionFile('/dev/zero')).toThrow('it is not a file');
    expect(() => readSessionFile(long)).toThrow('it is longer than 67108864 bytes');
  });

  it('of an owner is theirs, and no link', () => {
    const path = join(directory, 's.lttng');
    writeFileSync(path, '');
    symlinkSync(path, join(directory, 'link'));
    expect(() => readSessionFile(path, uid + 1)).toThrow(
      `it belongs to user ${uid}, the session daemon to user ${uid + 1}`,
    );
    expect(() => readSessionFile(join(directory, 'link'), uid)).toThrow('ELOOP');
  });
});
