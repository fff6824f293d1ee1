import { isMainThread } from 'node:worker_threads';
import { describeError } from '@ringtail/base';
import { loadPosix, type Posix } from '@ringtail/posix';
import type { ThreadIdentity } from '../channel/channel-ring.ts';
import { ControlFile } from '../control/control-file.ts';
import { CounterSpace } from '../control/counter-space.ts';
import { markAborts } from '../guard/abort-mark.ts';
import { markHeapLimit } from '../guard/heap-limit.ts';
import { descriptorShortage } from '../host/descriptor-reserve.ts';
import { threadName } from '../host/thread-name.ts';
import { noteDescriptor, unmapLeftovers } from '../host/worker-cleanup.ts';

/** Resources of a traced thread: system calls, its control file, and the counters there. */
export interface ThreadResources {
  readonly posix: Posix;
  readonly control: ControlFile;
  readonly identity: ThreadIdentity;
  readonly counters: CounterSpace;
}

/** Why a thread cannot be traced. */
export interface ResourceFailure {
  readonly reason: string;
  /** The system calls; undefined where they cannot be loaded. */
  readonly posix: Posix | undefined;
  /** The process has too few descriptors left, thus none for a connection that stays open. */
  readonly isDescriptorShortage: boolean;
}

/** Loads koffi and makes the control file, at the first registration: a program without a daemon pays for neither. */
export function makeThreadResources(): ThreadResources | ResourceFailure {
  const loaded = loadPosix();
  if (!loaded.ok) return { reason: loaded.reason, posix: undefined, isDescriptorShortage: false };
  const { posix } = loaded;
  const shortage = descriptorShortage();
  if (shortage !== undefined) return { reason: shortage, posix, isDescriptorShortage: true };
  try {
    const identity = { pid: process.pid, tid: posix.gettid(), procname: threadName() };
    if (!isMainThread) unmapLeftovers(posix);
    const control = ControlFile.create(posix, identity.tid);
    if (isMainThread) {
      markAborts(control);
      markHeapLimit(posix, control);
    } else noteDescriptor(posix, control.fd);
    return { posix, control, identity, counters: new CounterSpace(control) };
  } catch (error) {
    return { reason: `no control file: ${describeError(error)}`, posix, isDescriptorShortage: false };
  }
}
