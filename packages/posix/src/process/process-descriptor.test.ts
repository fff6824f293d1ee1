import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPosix } from '../load.ts';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
const { posix } = loaded;

const [major = 0, minor = 0] = release().split('.').map(Number);
const tellsExits = major > 6 || (major === 6 && minor >= 15);
if (!tellsExits) console.warn(`SKIPPED: Linux ${release()} does not tell how a process ended that was waited for`);

let directory: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-pidfd-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** A process that has connected and ends by this code, once its standard input is closed. */
async function connected(code: string): Promise<{ child: ChildProcess; process: number | undefined }> {
  const path = join(directory, 's');
  const listener = posix.listenUnix(path, 0o600, 1);
  const program = `require('net').connect(process.argv[1]); process.stdin.on('close', () => { ${code} }).resume()`;
  const child = spawn(process.execPath, ['-e', program, path], { stdio: ['pipe', 'ignore', 'ignore'] });
  children.push(child);
  const socket = await new Promise<number>((resolve) => {
    const watch = posix.watch(listener, () => {
      watch.close();
      resolve(posix.accept(listener)!);
    });
  });
  const descriptor = posix.openPeerProcess(socket);
  closeSync(socket);
  closeSync(listener);
  return { child, process: descriptor };
}

describe('a descriptor of a process', () => {
  it.runIf(tellsExits).each([
    ['process.exit(3)', 3 << 8],
    ['process.exit(0)', 0],
    ["process.kill(process.pid, 'SIGKILL')", 9],
    ["process.kill(process.pid, 'SIGSEGV')", 11],
  ])('tells of a process that ended by %s after its parent has waited for it', async (code, status) => {
    const { child, process: descriptor } = await connected(code);
    expect(posix.exitStatusOf(descriptor!)).toBeUndefined();
    child.stdin?.end();
    await once(child, 'exit');
    // A core dump is up to the machine.
    expect(posix.exitStatusOf(descriptor!)! & ~0x80).toBe(status);
    closeSync(descriptor!);
  });

  it('is undefined for a file that is no socket, and has no status for one that is no process', () => {
    expect(posix.openPeerProcess(-1)).toBeUndefined();
    expect(posix.exitStatusOf(-1)).toBeUndefined();
  });
});
