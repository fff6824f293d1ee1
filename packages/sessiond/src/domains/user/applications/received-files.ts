import { fstatSync, type Stats } from 'node:fs';
import { errnoOf } from '@ringtail/base';
import { type Posix, Seal } from '@ringtail/posix';
import {
  CONTROL_ABI_VERSION,
  CONTROL_FILE_BYTES,
  CONTROL_MAGIC,
  ControlPage,
  describeOtherVersion,
} from '@ringtail/protocol';
import { PeerRefusal } from '../../../peers/peer-refusal.ts';
import { controlBytesOf } from '../publishing/control-file.ts';

/**
 * Checks the descriptor of a control file before anything is read from it.
 *
 * The seals come first. Only memory has them, so that a peer's file system (FUSE) cannot make the daemon wait.
 *
 * @throws {PeerRefusal} `BAD_MESSAGE`, or `PROTOCOL_VERSION` for another version of the layout
 */
export function checkControlFile(posix: Posix, descriptor: number): void {
  checkSealed(posix, descriptor, Seal.SHRINK, 'control file');
  const { size } = regularFile(descriptor, 'control file');
  const words = Buffer.alloc(8);
  controlBytesOf(descriptor).read(words, 0);
  if (words.readUInt32LE(ControlPage.MAGIC) !== CONTROL_MAGIC) {
    throw new PeerRefusal('BAD_MESSAGE', 'the descriptor is not that of a control file');
  }
  // Before the size, which differs between versions.
  const version = words.readUInt32LE(ControlPage.ABI_VERSION);
  if (version !== CONTROL_ABI_VERSION) {
    throw new PeerRefusal('PROTOCOL_VERSION', describeOtherVersion('the control file', version, CONTROL_ABI_VERSION));
  }
  checkSize(size, CONTROL_FILE_BYTES, 'control file');
}

/**
 * Checks the descriptor of a ring.
 *
 * @param ringDirectory whether the rings of the channel are files; otherwise they are memfds
 * @throws {PeerRefusal} `BAD_MESSAGE`
 */
export function checkRing(posix: Posix, descriptor: number, bytes: number, ringDirectory: boolean): void {
  if (!ringDirectory) checkSealed(posix, descriptor, Seal.SHRINK | Seal.GROW, 'ring');
  checkSize(regularFile(descriptor, 'ring').size, bytes, 'ring');
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

function regularFile(descriptor: number, what: string): Stats {
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) throw new PeerRefusal('BAD_MESSAGE', `the ${what} is not a regular file`);
  return stats;
}

function checkSize(size: number, bytes: number, what: string): void {
  if (size !== bytes) throw new PeerRefusal('BAD_MESSAGE', `the ${what} has ${size} bytes instead of ${bytes}`);
}
