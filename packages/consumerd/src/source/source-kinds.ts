import { CPU_BUFFERS } from './kernel/cpu-buffers.ts';
import { THREAD_RINGS } from './ring/thread-rings.ts';
import type { SourceKinds } from './source-kind.ts';

/** All kinds of sources. */
export const SOURCE_KINDS: SourceKinds = { 'thread-ring': THREAD_RINGS, 'cpu-buffer': CPU_BUFFERS };
