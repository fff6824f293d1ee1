/** A file system that stops answering, as FUSE and NFS may: for tests of daemons that go on all the same. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { program } from './harness.ts';

const SERVER = program('memory-file-system.mjs');

/** Whether such a file system can be mounted here. */
export const canHang = probe();
if (!canHang) {
  process.stderr.write('NOT TESTED: file systems that do not answer (needs root, /dev/fuse, and the right to mount)\n');
}

/** The server fails where it cannot mount; else it ends at once, since its standard input does. */
function probe(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/dev/fuse')) return false;
  const mountPoint = mkdtempSync(join(tmpdir(), 'rt-probe-'));
  try {
    const { signal } = spawnSync(process.execPath, [SERVER, mountPoint, '/nonexistent'], { input: '', stdio: 'pipe' });
    return signal === 'SIGKILL';
  } finally {
    spawnSync('umount', ['-l', mountPoint], { stdio: 'ignore' });
    rmdirSync(mountPoint);
  }
}

export class HangingFileSystem {
  /** Where it is mounted; everybody may write there. */
  readonly path: string;
  readonly #swallowFile: string;
  #stop: () => void = () => {};

  private constructor(directory: string) {
    this.path = join(directory, 'mount');
    this.#swallowFile = join(directory, 'swallow');
  }

  /** Mounts one that answers. When the test has ended nothing waits for it any more, and it is gone. */
  static async mount(): Promise<HangingFileSystem> {
    const directory = mkdtempSync(join(tmpdir(), 'rt-hang-'));
    chmodSync(directory, 0o711);
    const fileSystem = new HangingFileSystem(directory);
    mkdirSync(fileSystem.path);
    const server = spawn(process.execPath, [SERVER, fileSystem.path, fileSystem.#swallowFile], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(server, 'exit');
    onTestFinished(async () => {
      // The kernel answers all that wait, with an error, when the last descriptor of the connection is closed.
      server.kill('SIGKILL');
      await ended;
      spawnSync('umount', ['-l', fileSystem.path], { stdio: 'ignore' });
      rmSync(directory, { recursive: true });
    });
    fileSystem.#stop = () => server.kill('SIGSTOP');
    await once(server.stdout as Readable, 'data');
    return fileSystem;
  }

  /** Answers nothing from now on. Processes that wait for an answer can be killed. */
  hang(): void {
    this.#stop();
  }

  /** Takes requests and answers none from now on: not even SIGKILL ends a process that waits. */
  hangUnkillably(): void {
    writeFileSync(this.#swallowFile, '');
  }
}
