import type { EventSource, Tracer } from '../../instrument.ts';
import { stalls } from './stalls.ts';
import { turns } from './turns.ts';
import { utilization } from './utilization.ts';

/** The event loop of each thread: its turns, its utilization, and stalls with the code that causes them. */
export function eventLoop(tracer: Tracer): readonly EventSource[] {
  return [stalls(tracer), turns(tracer), utilization(tracer)];
}
