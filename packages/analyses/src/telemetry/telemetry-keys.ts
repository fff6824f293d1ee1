import type { DataStream } from '@ringtail/ctf';
import type { EventIdentity } from './attributes.ts';

/** Names a process in all parts of a trace. */
export function processKey({ trace }: DataStream, { pid }: EventIdentity): string {
  return `${trace.uuid ?? trace.name}/${pid ?? ''}`;
}

/** Names a thread of a process. Without a context that identifies it, the data stream stands for the thread. */
export function threadKey(stream: DataStream, { tid }: EventIdentity): string {
  return tid === undefined ? `stream ${stream.class.id}/${stream.id}` : `thread ${tid}`;
}
