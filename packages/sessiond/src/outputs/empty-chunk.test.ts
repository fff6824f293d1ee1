import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeEmptyChunk } from './empty-chunk.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

let output: string;
let trace: string;
beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'ringtail-chunk-'));
  trace = join(output, 'ust', 'uid', '7', '64-bit');
  mkdirSync(join(trace, 'index'), { recursive: true });
  writeFileSync(join(trace, 'metadata'), '/* CTF 1.8 */');
});
afterEach(() => {
  rmSync(output, { recursive: true });
});

describe('removeEmptyChunk', () => {
  it('removes a chunk with nothing but metadata', () => {
    removeEmptyChunk(output, owner);
    expect(existsSync(join(output, 'ust'))).toBe(false);
    removeEmptyChunk(output, owner);
  });

  it('removes the directories of all domains, or of none', () => {
    const kernel = join(output, 'kernel');
    mkdirSync(kernel);
    writeFileSync(join(kernel, 'channel0_0'), '');
    removeEmptyChunk(output, owner);
    expect(existsSync(trace)).toBe(true);
    rmSync(join(kernel, 'channel0_0'));
    removeEmptyChunk(output, owner);
    expect(readdirSync(output)).toEqual([]);
  });

  it.each(['channel0_0', 'index/channel0_0.idx'])('keeps one with %s', (name) => {
    writeFileSync(join(trace, name), '');
    removeEmptyChunk(output, owner);
    expect(existsSync(join(trace, name))).toBe(true);
  });

  it('keeps one with a link, whatever that is called', () => {
    symlinkSync('/etc/passwd', join(trace, 'index', 'metadata'));
    removeEmptyChunk(output, owner);
    expect(existsSync(join(trace, 'metadata'))).toBe(true);
  });
});
