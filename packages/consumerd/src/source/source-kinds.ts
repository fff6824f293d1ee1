import { THREAD_RINGS } from './ring/thread-rings.ts';
import type { SourceKinds } from './source-kind.ts';

/** All kinds of sources. */
export const SOURCE_KINDS: SourceKinds = { 'thread-ring': THREAD_RINGS };
