import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asUser } from './directories/as-user.ts';
import { readTokenFile, TokenFileRefused } from './token-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-token-'));
  path = join(directory, 'token');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const write = (text: string) => writeFileSync(path, text, { mode: 0o600 });
function writeAs(mode: number): void {
  write('a');
  chmodSync(path, mode);
}

describe('a token file', () => {
  it('has one line, whose surrounding white space is no part of the token', () => {
    write(' s3cret+/=\n');
    expect(readTokenFile(path)).toBe('s3cret+/=');
  });

  it.each([
    ['no content', () => write(''), 'has no token of 1 to 4096 bytes'],
    ['white space only', () => write(' \n\n'), 'has no token of 1 to 4096 bytes'],
    ['too long a token', () => write('x'.repeat(4097)), 'has no token of 1 to 4096 bytes'],
    ['a second line', () => write('a\r\nX-Other: b\n'), 'has more than one line'],
    ['characters beyond ASCII', () => write('schlüssel'), 'has more than one line, or characters beyond ASCII'],
    ['access of the group', () => writeAs(0o640), 'can be used by others: chmod 600'],
    ['access of others', () => writeAs(0o604), 'can be used by others: chmod 600'],
    ['no file', () => {}, 'cannot be read: ENOENT'],
    ['a directory', () => mkdirSync(path), 'is no regular file'],
    ['a FIFO', () => execFileSync('mkfifo', ['-m', '600', path]), 'is no regular file'],
  ] as const)('with %s is refused', (_, make, why) => {
    make();
    expect(() => readTokenFile(path)).toThrow(TokenFileRefused);
    expect(() => readTokenFile(path)).toThrow(`the token file ${path} ${why}`);
  });

  it.skipIf(process.geteuid?.() !== 0)('of root cannot be read with the rights of another user', () => {
    write('a');
    chmodSync(directory, 0o755);
    expect(() => asUser({ uid: 65_534, gid: 65_534 }, () => readTokenFile(path))).toThrow('cannot be read: EACCES');
  });
});
