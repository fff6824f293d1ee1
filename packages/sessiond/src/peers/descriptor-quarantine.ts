import { readFileSync, readlinkSync } from 'node:fs';
import { type Clock, errnoOf } from '@ringtail/base';
import type { Posix } from '@ringtail/posix';
import { QUARANTINED_PER_USER_MAX } from '../shares/limits.ts';
import type { PoolUsers } from '../shares/shared-pool.ts';
import { PeerRefusal } from './peer-refusal.ts';

/** File systems that this machine's kernel implements. */
const LOCAL = new Set([
  'bcachefs',
  'btrfs',
  'devpts',
  'devtmpfs',
  'ext2',
  'ext3',
  'ext4',
  'f2fs',
  'overlay',
  'proc',
  'sysfs',
  'tmpfs',
  'xfs',
]);
/** Names in `/proc` of descriptors without a file system. */
const WITHOUT_FILE_SYSTEM = /^(?:socket|pipe):\[|^anon_inode:/;
const MOUNTS_AGE_MS_MAX = 1000;

export interface DescriptorQuarantineOptions extends Clock {
  readonly posix: Posix;
  readonly userBehind: PoolUsers['userBehind'];
}

/**
 * Descriptors from peers that must not be touched: closing a file may already wait for its file system (FUSE, NFS).
 * They stay open as long as the daemon runs. After a few of them, the daemon receives nothing from their user any more.
 */
export class DescriptorQuarantine {
  readonly #options: DescriptorQuarantineOptions;
  /** Number of descriptors, by the user behind. */
  readonly #counts = new Map<number, number>();
  readonly #trusted = new Set<string>();
  #localDevices: ReadonlySet<string> = new Set();
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(options: DescriptorQuarantineOptions) {
    this.#options = options;
  }

  /** Accepts files on this device: a directory for ring files is there. */
  trust(device: string): void {
    this.#trusted.add(device);
  }

  /** @throws {PeerRefusal} if the user has sent too many such descriptors */
  refuseFull(uid: number): void {
    const count = this.#counts.get(this.#options.userBehind(uid)) ?? 0;
    if (count < QUARANTINED_PER_USER_MAX) return;
    throw new PeerRefusal(
      'SHARE_USED_UP',
      `user ${uid} has sent ${count} files on file systems that may never answer: no program of this user can be recorded until ` +
        'the session daemon is started again',
    );
  }

  /**
   * Checks a descriptor that a peer of this user sent.
   *
   * @returns whether it may be read, examined and closed; otherwise it stays in the quarantine
   */
  admit(descriptor: number, uid: number): boolean {
    if (this.#isHarmless(descriptor)) return true;
    const user = this.#options.userBehind(uid);
    this.#counts.set(user, (this.#counts.get(user) ?? 0) + 1);
    return false;
  }

  #isHarmless(descriptor: number): boolean {
    const { posix } = this.#options;
    try {
      // Only memory has seals, and a tracer sends only memory, unless its rings are files.
      posix.getSeals(descriptor);
      return true;
    } catch (error) {
      if (errnoOf(error) !== 'EINVAL') return false;
    }
    try {
      if (WITHOUT_FILE_SYSTEM.test(readlinkSync(`/proc/self/fd/${descriptor}`))) return true;
      return this.#isLocal(posix.deviceOf(descriptor));
    } catch {
      return false;
    }
  }

  #isLocal(device: string): boolean {
    if (this.#trusted.has(device) || this.#localDevices.has(device)) return true;
    const now = this.#options.nowMs();
    if (now - this.#readMs < MOUNTS_AGE_MS_MAX) return false;
    this.#readMs = now;
    this.#localDevices = localDevices();
    return this.#localDevices.has(device);
  }
}

/** Devices of local file systems that are mounted here, as `MAJOR:MINOR`. */
function localDevices(): ReadonlySet<string> {
  const devices = new Set<string>();
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [mount = '', fileSystem = ''] = line.split(' - ');
    const device = mount.split(' ')[2];
    if (device !== undefined && LOCAL.has(fileSystem.split(' ')[0] ?? '')) devices.add(device);
  }
  return devices;
}
