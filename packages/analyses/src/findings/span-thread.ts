import type { Thread } from '../threads/threads.ts';
import type { Span } from './span.ts';

/** A thread, with the spans to which its waits belong. */
export type SpanThread = Thread<Span>;
