import { GETTID_BY_ARCH } from './constants.ts';
import { type FileCalls, fileCalls } from './files.ts';
import { requireKoffi } from './koffi.ts';
import { bindLibc } from './libc.ts';
import { type MemoryCalls, memoryCalls } from './memory.ts';
import { type GroupCalls, groupCalls } from './process/groups.ts';
import { type HeapLimitCalls, heapLimitCalls } from './process/heap-limit.ts';
import { type ProcessDescriptorCalls, processDescriptorCalls } from './process/process-descriptor.ts';
import { type ThreadCalls, threadCalls } from './process/thread.ts';
import { type ClientSocketCalls, clientSocketCalls } from './sockets/client-socket.ts';
import { type DatagramCalls, datagramCalls } from './sockets/datagram.ts';
import { type ServerSocketCalls, serverSocketCalls } from './sockets/server-socket.ts';
import { type WatchCalls, watchCalls } from './sockets/watch.ts';

/** The system calls that Node.js lacks. They belong to the JavaScript environment that loaded them. */
export interface Posix
  extends MemoryCalls,
    ClientSocketCalls,
    ServerSocketCalls,
    DatagramCalls,
    WatchCalls,
    FileCalls,
    GroupCalls,
    HeapLimitCalls,
    ProcessDescriptorCalls,
    ThreadCalls {}

/** `reason` is a sentence for people, as in `ringtail doctor`. */
export type LoadedPosix =
  | { readonly ok: true; readonly posix: Posix }
  | { readonly ok: false; readonly reason: string };

let loaded: LoadedPosix | undefined;

/**
 * The system calls, or the reason why they are unavailable. Never throws; loads once per JavaScript environment.
 *
 * With `RINGTAIL_NO_KOFFI=1` in the environment koffi counts as absent.
 */
export function loadPosix(): LoadedPosix {
  loaded ??= load();
  return loaded;
}

function load(): LoadedPosix {
  if (process.platform !== 'linux')
    return { ok: false, reason: `shared memory needs Linux, this is ${process.platform}` };
  if (!(process.arch in GETTID_BY_ARCH)) {
    const known = Object.keys(GETTID_BY_ARCH).join(', ');
    return { ok: false, reason: `shared memory is supported on ${known}, this is ${process.arch}` };
  }
  if (process.env.RINGTAIL_NO_KOFFI === '1') return { ok: false, reason: 'RINGTAIL_NO_KOFFI=1 turns koffi off' };
  try {
    // Required at the first use, so that a platform or a bundle without koffi can still import this module.
    const libc = bindLibc(requireKoffi());
    const posix = {
      ...memoryCalls(libc),
      ...clientSocketCalls(libc),
      ...serverSocketCalls(libc),
      ...datagramCalls(libc),
      ...watchCalls(libc),
      ...fileCalls(libc, process.arch),
      ...threadCalls(libc, process.arch),
      ...groupCalls(libc),
      ...heapLimitCalls(libc),
      ...processDescriptorCalls(libc),
    };
    return { ok: true, posix };
  } catch (error) {
    return { ok: false, reason: `koffi cannot be loaded: ${(error as Error).message.split('\n')[0]}` };
  }
}
