import { rmSync } from 'node:fs';
import { ensureDirectory, type Posix, type RunDirectory } from '@ringtail/posix';

/** Makes the directory of a consumer, and the FIFO by which producers wake it. */
export function prepareConsumerDirectory(
  posix: Posix,
  directory: RunDirectory,
  daemon: RunDirectory,
  isRoot: boolean,
): void {
  // Programs of every user come through the directory to the FIFO.
  ensureDirectory(directory.path, { mode: isRoot ? 0o755 : 0o700, ownBelow: daemon.path });
  rmSync(directory.wakeFifo, { force: true });
  // All programs that may register may also wake the consumer.
  posix.mkfifo(directory.wakeFifo, isRoot ? 0o622 : 0o600);
}
