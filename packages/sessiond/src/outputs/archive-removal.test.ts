import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { lockForReading } from '@ringtail/posix';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveBytes, removeArchive } from './archive-removal.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

let output: string;
beforeEach(() => {
  output = mkdtempSync(join(realpathSync(tmpdir()), 'ringtail-archive-'));
});
afterEach(() => rmSync(output, { recursive: true, force: true }));

/** Makes an archive with a trace of 30 bytes, and returns its path. */
function archive(name: string): string {
  const path = join(output, 'archives', name);
  const trace = join(path, 'ust', 'uid', '7', '64-bit');
  mkdirSync(join(trace, 'index'), { recursive: true });
  for (const file of ['metadata', 'channel0_0', 'index/channel0_0.idx'])
    writeFileSync(join(trace, file), 'ten bytes\n');
  return path;
}

const remove = (path: string, onStep?: () => void) => removeArchive(path, output, owner, onStep);
const archives = () => readdirSync(join(output, 'archives'));

describe('removeArchive', () => {
  it('removes one archive alone', () => {
    const path = archive('a');
    archive('b');
    expect(remove(path)).toEqual({ kind: 'removed' });
    expect(archives()).toEqual(['b']);
    expect(remove(path)).toEqual({ kind: 'absent' });
  });

  it('leaves an archive that is being read', () => {
    const path = archive('a');
    const release = lockForReading([join(path, 'ust', 'uid', '7', '64-bit')]);
    expect(remove(path)).toEqual({ kind: 'being read' });
    expect(archiveBytes(path, owner)).toBe(30);
    release();
    expect(remove(path)).toEqual({ kind: 'removed' });
  });

  it('leaves an archive with a file that no session makes, whole', () => {
    const path = archive('a');
    writeFileSync(join(path, 'notes.txt'), '');
    expect(remove(path)).toEqual({ kind: 'foreign', name: 'notes.txt' });
    expect(archiveBytes(path, owner)).toBe(30);
  });

  it('leaves no archive where its process is killed meanwhile, and the next removal completes it', () => {
    const path = archive('a');
    const next = archive('b');
    const killed = new Error('killed');
    const kill = () => {
      throw killed;
    };
    expect(() => remove(path, kill)).toThrow(killed);
    const [hidden] = archives();
    expect([existsSync(path), hidden]).toEqual([false, '.ringtail-removing-a']);
    expect(existsSync(join(output, 'archives', hidden as string, 'ust/uid/7/64-bit/metadata'))).toBe(false);
    expect(remove(next)).toEqual({ kind: 'removed' });
    expect(archives()).toEqual([]);
  });

  it('follows no link: in an archive, in its place, or on the way below the output', () => {
    const victim = join(output, 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'file'), 'kept');
    const path = archive('a');
    symlinkSync(victim, join(path, 'ust', 'link'));
    expect(remove(path)).toEqual({ kind: 'removed' });
    rmSync(victim, { recursive: true });
    mkdirSync(join(victim, 'ust'), { recursive: true });
    writeFileSync(join(victim, 'ust', 'file'), 'kept');
    symlinkSync(victim, path);
    expect(() => remove(path)).toThrow(/is not a directory/);
    expect(archiveBytes(path, owner)).toBe(0);
    rmSync(dirname(path), { recursive: true });
    symlinkSync(output, dirname(path));
    expect(() => remove(join(dirname(path), 'victim'))).toThrow(/is a symbolic link/);
    expect(readFileSync(join(victim, 'ust', 'file'), 'utf8')).toBe('kept');
  });

  it('removes a snapshot in a directory of its own', () => {
    const path = archive('snapshot-1-20261120-133354-0');
    writeFileSync(join(path, '.snapshot.json'), '{}');
    expect(removeArchive(path, null, owner)).toEqual({ kind: 'removed' });
    expect(archives()).toEqual([]);
  });
});
