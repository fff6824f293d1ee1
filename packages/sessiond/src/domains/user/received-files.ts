import { fstatSync } from 'node:fs';
import { errnoOf } from '@ringtail/base';
import { type Posix, Seal } from '@ringtail/posix';
import { CONTROL_ABI_VERSION, CONTROL_FILE_BYTES, CONTROL_MAGIC, ControlPage } from '@ringtail/protocol';
import { controlBytesOf } from './control-file.ts';
import { PeerRefusal } from './peer-refusal.ts';

/**
 * Checks the descriptor of a control file before anything is read from it.
 *
 * The seals come first. Only memory has them, so that a peer's file system (FUSE) cannot make the daemon wait.
 *
 * @throws {PeerRefusal} `BAD_MESSAGE`, or `PROTOCOL_VERSION` for another layout
 */
export function checkControlFile(posix: Posix, descriptor: number): void {
  checkSealed(posix, descriptor, Seal.SHRINK, 'control file');
  checkRegular(descriptor, CONTROL_FILE_BYTES, 'control file');
  const words = Buffer.alloc(8);
  controlBytesOf(descriptor).read(words, 0);
  if (words.readUInt32LE(ControlPage.MAGIC) !== CONTROL_MAGIC) {
    throw new PeerRefusal('BAD_MESSAGE', 'the descriptor is not that of a control file');
  }
  if (words.readUInt32LE(ControlPage.ABI_VERSION) !== CONTROL_ABI_VERSION) {
    throw new PeerRefusal(
      'PROTOCOL_VERSION',
      `this daemon knows version ${CONTROL_ABI_VERSION} of the control file, not that of the application`,
    );
  }
}

/**
 * Checks the descriptor of a ring.
 *
 * @param ringDirectory whether the rings of the channel are files; otherwise they are memfds
 * @throws {PeerRefusal} `BAD_MESSAGE`
 */
export function checkRing(posix: Posix, descriptor: number, bytes: number, ringDirectory: boolean): void {
  if (!ringDirectory) checkSealed(posix, descriptor, Seal.SHRINK | Seal.GROW, 'ring');
  checkRegular(descriptor, bytes, 'ring');
}

function checkSealed(posix: Posix, descriptor: number, wanted: number, what: string): void {
  let seals: number;
  try {
    seals = posix.getSeals(descriptor);
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'EBADF') throw error;
    throw new PeerRefusal('BAD_MESSAGE', `the ${what} is not a memfd`);
  }
  if ((seals & wanted) !== wanted) throw new PeerRefusal('BAD_MESSAGE', `the ${what} is not sealed`);
}

function checkRegular(descriptor: number, bytes: number, what: string): void {
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) throw new PeerRefusal('BAD_MESSAGE', `the ${what} is not a regular file`);
  if (stats.size !== bytes) {
    throw new PeerRefusal('BAD_MESSAGE', `the ${what} has ${stats.size} bytes instead of ${bytes}`);
  }
}
