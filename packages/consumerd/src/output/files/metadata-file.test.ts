import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failingCalls } from '../../testing/failing-calls.test.support.ts';
import { type FileCalls, systemCalls } from './file-calls.ts';
import { MetadataFile, temporaryNameOf } from './metadata-file.ts';

const UUID = '01234567-89ab-cdef-0123-456789abcdef';
const PROLOGUE = `/* CTF 1.8 */\n\ntrace {\n\tuuid = "${UUID}";\n};\n\n`;
const block = (name: string) => `event {\n\tname = "${name}";\n};\n\n`;

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-metadata-'));
  path = join(directory, 'metadata');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(blocks: readonly string[], calls: FileCalls = systemCalls, prologue = PROLOGUE): void {
  const file = MetadataFile.open(path, UUID, prologue, calls);
  try {
    file.append(blocks);
  } finally {
    file.close();
  }
}
const content = () => readFileSync(path, 'utf8');

if (process.geteuid?.() !== 0)
  console.warn(
    'SKIPPED: only root can make what it takes: not tested: files that other users put in the place of metadata',
  );

describe('MetadataFile', () => {
  it('has the prologue from the start and is private', () => {
    MetadataFile.open(path, UUID, PROLOGUE, systemCalls).close();
    expect(content()).toBe(PROLOGUE);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps the blocks of a former consumer as they are, in whatever order they are repeated', () => {
    write([block('a'), block('b')]);
    const { ino, mtimeNs } = statSync(path, { bigint: true });
    write([block('b'), block('a')]);
    expect(content()).toBe(PROLOGUE + block('a') + block('b'));
    expect(statSync(path, { bigint: true })).toMatchObject({ ino, mtimeNs });
  });

  it.each([1, 5, 20])('cuts off a block that misses its last %i bytes, and writes it again', (missing) => {
    write([block('a')]);
    appendFileSync(path, block('torn é').slice(0, -missing));
    write([block('torn é')]);
    expect(content()).toBe(PROLOGUE + block('a') + block('torn é'));
  });

  it('replaces text that differs in one step', () => {
    write([block('a')]);
    const other = PROLOGUE.replace('trace {', 'trace {\n\tminor = 8;');
    write([block('a')], systemCalls, other);
    expect(content()).toBe(other + block('a'));
    expect(existsSync(temporaryNameOf(path))).toBe(false);
  });

  it('refuses the metadata of another trace and leaves it alone', () => {
    const foreign = PROLOGUE.replaceAll('0123', 'ffff');
    for (const text of [foreign, 'something else']) {
      writeFileSync(path, text);
      expect(() => write([])).toThrowError(expect.objectContaining({ code: 'DIRECTORY_REFUSED' }));
      expect(content()).toBe(text);
    }
  });

  it.skipIf(process.geteuid?.() !== 0)(
    'refuses a file, a link or a FIFO that somebody else has put in its place',
    () => {
      writeFileSync(path, '');
      chownSync(path, 12345, 12345);
      expect(() => write([])).toThrowError(/is not a file of this user/);
      rmSync(path);
      symlinkSync(join(directory, 'elsewhere'), path);
      expect(() => write([])).toThrowError(/ELOOP/);
      rmSync(path);
      execFileSync('mkfifo', [path]);
      expect(() => write([])).toThrowError(/is not a file of this user/);
    },
  );

  it.skipIf(process.geteuid?.() !== 0)('refuses a file of root to which somebody has given another name', () => {
    const other = join(directory, 'other');
    writeFileSync(other, '');
    linkSync(other, path);
    expect(() => write([])).toThrowError(/is a file with other names \(hard links\)/);
    expect(readFileSync(other, 'utf8')).toBe('');
  });

  it('is replaced by a new file, whatever exists under its temporary name', () => {
    const other = join(directory, 'other');
    writeFileSync(other, 'precious');
    write([block('a')]);
    for (const plant of [linkSync, symlinkSync]) {
      plant(other, temporaryNameOf(path));
      write([block('a')], systemCalls, `${PROLOGUE}env {\n\tby = "${plant.name}";\n};\n\n`);
      expect(content()).toContain(plant.name);
      expect(readFileSync(other, 'utf8')).toBe('precious');
    }
  });

  it('is as before when the disk is full in the middle of a block, and takes the block when it is repeated', () => {
    const calls = failingCalls();
    const file = MetadataFile.open(path, UUID, PROLOGUE, calls);
    calls.failAfter(10, 'ENOSPC');
    expect(() => file.append([block('a')])).toThrowError(expect.objectContaining({ code: 'NOT_WRITTEN' }));
    expect(content()).toBe(PROLOGUE);
    calls.recover();
    file.append([block('a')]);
    file.close();
    expect(content()).toBe(PROLOGUE + block('a'));
  });

  it('is not made when the disk is full', () => {
    const calls = failingCalls();
    calls.failAfter(10, 'ENOSPC');
    expect(() => MetadataFile.open(path, UUID, PROLOGUE, calls)).toThrowError(/ENOSPC/);
    expect(content()).toBe('');
    MetadataFile.open(path, UUID, PROLOGUE, systemCalls).close();
    expect(content()).toBe(PROLOGUE);
  });
});
