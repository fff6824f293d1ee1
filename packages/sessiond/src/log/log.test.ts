import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileLog, type LogLevel } from './log.ts';

let directory: string;
let path: string;
let log: FileLog | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-log-'));
  path = join(directory, 'sessiond.log');
});
afterEach(() => {
  log?.close();
  log = undefined;
  rmSync(directory, { recursive: true });
});

function open(level: LogLevel): FileLog {
  log = new FileLog({ path, level, toStderr: false, now: () => new Date(0) });
  return log;
}

describe('FileLog', () => {
  it('is private, and has what is as grave as asked for', () => {
    const { error, warn, info, debug } = open('warn');
    error('one');
    warn('two');
    info('three');
    debug('four');
    expect(readFileSync(path, 'utf8')).toBe('1970-01-01T00:00:00.000Z error one\n1970-01-01T00:00:00.000Z warn two\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps one line per message, whatever a peer wrote into it', () => {
    open('info').info('a\nb\u001b[2Jc');
    expect(readFileSync(path, 'utf8').split('\n')).toEqual(['1970-01-01T00:00:00.000Z info a\\nb\\e[2Jc', '']);
  });

  it('stays bounded however much is logged', () => {
    const { info } = open('info');
    for (let line = 0; line < 3000; line++) info('x'.repeat(4000));
    const sizes = [path, `${path}.1`].map((file) => statSync(file).size);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(4 * 1024 * 1024);
  });

  it('does not follow a symbolic link', () => {
    symlinkSync(join(directory, 'elsewhere'), path);
    expect(() => open('info')).toThrow();
  });
});
