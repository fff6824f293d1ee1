import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describeError } from '@ringtail/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { METADATA, packet } from '../testing/small-trace.test.support.ts';
import { openTraces } from './open-traces.ts';
import { packedSentence } from './packed-file.ts';

let root: string;

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(root, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  return file;
}

/** The error of opening. */
function refusal(file: string): string {
  try {
    openTraces(file).close();
  } catch (error) {
    return describeError(error);
  }
  return 'opened';
}

/** The command in a sentence. */
function commandOf(sentence: string): string {
  return sentence.replace(/^.*unpack it first, with /s, '');
}

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-packed-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

describe('a packed trace', () => {
  it.each([
    ['trace.zip', [0x50, 0x4b, 3, 4], /^this is a ZIP archive: unpack it first, with unzip \S+trace\.zip -d \S+trace$/],
    ['trace.7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], /a 7z archive: .* 7z x \S+ -o\S+trace$/],
    [
      'trace.tar.xz',
      [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
      /a tar archive, compressed with xz: .* tar -xf \S+ -C \S+trace$/,
    ],
    ['s.xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], /compressed with xz: .* unxz < \S+s\.xz > \S+\/s$/],
    ['s.zst', [0x28, 0xb5, 0x2f, 0xfd], /compressed with Zstandard: .* unzstd </],
    ['s.bz2', [0x42, 0x5a, 0x68, 0x39], /compressed with bzip2: .* bunzip2 </],
    ['s.lz4', [0x04, 0x22, 0x4d, 0x18], /compressed with lz4: .* unlz4 </],
  ])('is told by its first bytes, with what unpacks it: %s', (name, magic, wanted) => {
    expect(packedSentence(write(name, Uint8Array.from(magic)))).toMatch(wanted);
    expect(refusal(path.join(root, name))).toMatch(new RegExp(wanted.source.replace(/^\^/, '')));
  });

  it('can be read once the command has run', () => {
    write("a trace's/metadata", METADATA);
    write("a trace's/s", packet(0, [{ time: 5, n: 7 }]));
    const archive = path.join(root, "a trace's copy");
    execFileSync('tar', ['-C', root, '-czf', archive, "a trace's"]);
    const sentence = refusal(archive);
    expect(sentence).toContain('this is a tar archive, compressed with gzip');
    execFileSync('sh', ['-c', commandOf(sentence)]);
    const reader = openTraces(`${archive}.unpacked`);
    expect([...reader]).toHaveLength(1);
    reader.close();
  });

  it('may be packed file by file', () => {
    write('t/metadata.gz', gzipSync(METADATA));
    write('t/s', packet(0, [{ time: 5, n: 7 }]));
    const sentence = refusal(path.join(root, 't'));
    expect(sentence).toContain('metadata.gz: this is compressed with gzip');
    execFileSync('sh', ['-c', commandOf(sentence)]);
    fs.rmSync(path.join(root, 't/metadata.gz'));
    expect(refusal(path.join(root, 't'))).toBe('opened');
    write('t/metadata', gzipSync(METADATA));
    expect(refusal(path.join(root, 't'))).toContain('metadata: this is compressed with gzip');
  });

  it('is found in a directory that holds nothing else', () => {
    write('inbox/trace.zip', 'PK\x03\x04');
    expect(refusal(path.join(root, 'inbox'))).toContain('trace.zip: this is a ZIP archive');
  });
});

describe('a file', () => {
  it('is not looked for deep below a directory, where other files are compressed too', () => {
    write('docs/old/page.1.gz', gzipSync('a page'));
    expect(refusal(root)).toContain('there is no trace here');
  });

  it('that is not a trace is refused with a description of a trace', () => {
    expect(refusal(write('note', 'hello'))).toContain('this is a file, and a trace is a directory');
    write('t/metadata', METADATA);
    expect(refusal(write('t/s', 'data'))).toContain('this is a file of a trace: name its directory');
    expect(packedSentence(write('empty', ''))).toBeUndefined();
  });
});
