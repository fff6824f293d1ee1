import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BufferMedium } from '@ringtail/ctf';
import type { TraceMedia } from '@ringtail/reader/pure';

/** A trace in memory: its metadata, and the bytes of its data streams by name. */
export interface TraceBytes {
  readonly metadata: Uint8Array;
  readonly streams: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** Reads the files of one trace directory. */
export function readTraceBytes(directory: string): TraceBytes {
  const names = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'metadata')
    .map(({ name }) => name)
    .sort();
  const streams = names.map((name) => ({ name, bytes: readFileSync(join(directory, name)) }));
  return {
    metadata: readFileSync(join(directory, 'metadata')),
    streams: streams.filter(({ bytes }) => bytes.length > 0),
  };
}

export function mediaOf({ metadata, streams }: TraceBytes): TraceMedia {
  return { name: '', metadata, sources: streams.map(({ name, bytes }) => ({ name, medium: new BufferMedium(bytes) })) };
}
