import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPosix, type Posix } from '../load.ts';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
const posix: Posix = loaded.posix;

let directory: string;
let path: string;
const fds: number[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-posix-'));
  path = join(directory, 'wake');
});
afterEach(() => {
  for (const fd of fds.splice(0)) closeSync(fd);
  rmSync(directory, { recursive: true });
});

function openFifo(): { reader: number; writer: number } {
  posix.mkfifo(path, 0o620);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  fds.push(reader, writer);
  return { reader, writer };
}

describe('FIFOs', () => {
  it('have exactly the mode asked for and are made once', () => {
    const umask = process.umask(0o077);
    try {
      posix.mkfifo(path, 0o622);
    } finally {
      process.umask(umask);
    }
    expect(statSync(path).mode & 0o777).toBe(0o622);
    expect(statSync(path).isFIFO()).toBe(true);
    expect(() => posix.mkfifo(path, 0o600)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  });

  it('a full one takes 0 bytes instead of blocking, one without a reader is EPIPE', () => {
    const { reader, writer } = openFifo();
    const bytes = Buffer.alloc(4096);
    let written = 0;
    for (let count = posix.writeNonBlocking(writer, bytes); count > 0; count = posix.writeNonBlocking(writer, bytes)) {
      written += count;
    }
    expect(written).toBeGreaterThan(4095);
    expect(posix.writeNonBlocking(writer, bytes)).toBe(0);
    fds.splice(fds.indexOf(reader), 1);
    closeSync(reader);
    expect(() => posix.writeNonBlocking(writer, bytes)).toThrow(expect.objectContaining({ code: 'EPIPE' }));
  });
});

describe('watch', () => {
  it('calls back while there is something to read, and no more once closed', async () => {
    const { reader, writer } = openFifo();
    const buffer = Buffer.alloc(1);
    const seen: number[] = [];
    await new Promise<void>((resolve) => {
      const watch = posix.watch(reader, () => {
        readSync(reader, buffer);
        seen.push(buffer[0]!);
        if (seen.length < 3) return;
        watch.close();
        watch.close();
        resolve();
      });
      posix.writeNonBlocking(writer, Uint8Array.of(1, 2, 3, 4));
    });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([1, 2, 3]);
  });

  it('refuses with a code the descriptors for which koffi would abort the process', () => {
    const refused = (fd: number) => expect(() => posix.watch(fd, () => {}));
    const file = openSync(process.execPath, 'r');
    fds.push(file);
    refused(file).toThrow(expect.objectContaining({ code: 'EPERM' }));
    refused(file + 1000).toThrow(expect.objectContaining({ code: 'EBADF' }));
    const { reader } = openFifo();
    const first = posix.watch(reader, () => {});
    refused(reader).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    first.close();
    posix.watch(reader, () => {}).close();
  });

  it('keeps the process alive until something comes', async () => {
    posix.mkfifo(path, 0o600);
    const child = watchInChild('{}');
    await once(child.stdout!, 'data');
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    fds.push(writer);
    posix.writeNonBlocking(writer, Uint8Array.of(1));
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  it('does not keep the process alive when unreferenced', async () => {
    posix.mkfifo(path, 0o600);
    expect(await once(watchInChild('{ unref: true }'), 'exit')).toEqual([0, null]);
  });
});

/** A process that watches the FIFO and does nothing else; called back, it ends with 7, in a promise job. */
function watchInChild(options: string): ChildProcess {
  const entry = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
  const code = `import { loadPosix } from ${entry}; import { openSync } from 'node:fs';
    const fd = openSync(${JSON.stringify(path)}, 'r+');
    loadPosix().posix.watch(fd, () => void Promise.resolve().then(() => process.exit(7)), ${options}); console.log('watching');`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
}
