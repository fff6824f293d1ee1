import type { SourceDescription } from '@ringtail/protocol';
import { openRingFile, type RingFile } from '@ringtail/ringbuf';
import type { StreamIdentity } from '../source.ts';
import type { SourceKind } from '../source-kind.ts';
import { withSourceErrors } from './ring-errors.ts';
import type { RingIdentity } from './ring-packets.ts';
import { RingSnapshotSource } from './ring-snapshot-source.ts';
import { RingSource } from './ring-source.ts';

type ThreadRing = Extract<SourceDescription, { readonly kind: 'thread-ring' }>;

/** Rings of JavaScript threads, opened by their paths. */
export const THREAD_RINGS: SourceKind<ThreadRing> = {
  ownerOf: threadOf,
  programOf: ({ pid, program }) => (program === '' ? undefined : { pid, program }),
  open: (ring, identity) => opened(ring, identity, (file, ofThread) => new RingSource(file, ofThread)),
  openForSnapshots: (ring, identity) =>
    opened(ring, identity, (file, ofThread) => new RingSnapshotSource(file, ofThread)),
};

export function threadOf({ pid, tid, procname }: Pick<ThreadRing, 'pid' | 'tid' | 'procname'>): string {
  return `thread ${tid} of process ${pid} (${procname})`;
}

function opened<Source>(
  { path, bytes, pid, tid, procname }: ThreadRing,
  identity: StreamIdentity,
  make: (file: RingFile, identity: RingIdentity) => Source,
): Source {
  return withSourceErrors(() => {
    const file = openRingFile(path, bytes);
    try {
      return make(file, { ...identity, pid, tid, procname });
    } catch (error) {
      file.close();
      throw error;
    }
  });
}
