/** A file system that stops answering, like FUSE and NFS sometimes, for tests of daemons that have to go on. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { program } from './harness.ts';

const SERVER = program('memory-file-system.mjs');

/** Whether such a file system can be mounted. */
export const canHang = probe();
if (!canHang) {
  process.stderr.write('NOT TESTED: file systems that do not answer (needs root, /dev/fuse, and the right to mount)\n');
}

/** The server fails if it cannot mount. Otherwise it ends at once with its standard input. */
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
  /** Mount point, in which every user may write. */
  readonly path: string;
  readonly #swallowFile: string;
  #stop: () => void = () => {};

  private constructor(directory: string) {
    this.path = join(directory, 'mount');
    this.#swallowFile = join(directory, 'swallow');
  }

  /** Mounts one that answers. After the test no process waits for it, and it is unmounted. */
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
      // When the last descriptor of the connection is closed, the kernel answers all waiting processes with an error.
      server.kill('SIGKILL');
      await ended;
      spawnSync('umount', ['-l', fileSystem.path], { stdio: 'ignore' });
      rmSync(directory, { recursive: true });
    });
    fileSystem.#stop = () => server.kill('SIGSTOP');
    await once(server.stdout as Readable, 'data');
    return fileSystem;
  }

  /** Stops answering. Waiting processes can be killed. */
  hang(): void {
    this.#stop();
  }

  /** From now on reads requests without answering. Not even SIGKILL ends a waiting process. */
  hangUnkillably(): void {
    writeFileSync(this.#swallowFile, '');
  }
}
