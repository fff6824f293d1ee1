import { type NamedMedium, TraceDecoder } from '@ringtail/ctf';
import type { OpenedTrace } from './trace/opened-trace.ts';
import { INDEX_PACKETS_MAX } from './trace/packet-index.ts';
import { traceClassOf, traceName } from './trace/trace-class.ts';
import { traceStreams } from './trace/trace-streams.ts';
import { type OpenOptions, TraceReader } from './trace-reader.ts';

/** A trace that lies in media of any kind: buffers, files, connections. */
export interface TraceMedia {
  /** For messages; events of the trace print it where they print the trace's name. */
  readonly name: string;
  readonly metadata: Uint8Array;
  /** Each with packets of one data stream; a data stream may have several. */
  readonly sources: readonly NamedMedium[];
}

/**
 * Opens traces that lie in media.
 *
 * @throws {MetadataError} if the metadata of a trace makes no sense
 * @throws {ReaderError} `BAD_TIME` if the time range ends before it begins
 */
export function openMedia(traces: readonly TraceMedia[], options: OpenOptions = {}): TraceReader {
  const indexBudget = { packets: INDEX_PACKETS_MAX };
  const opened = traces.map(({ name, metadata, sources }): OpenedTrace => {
    const traceClass = traceClassOf(metadata, options.clocks);
    const decoder = new TraceDecoder(traceClass, { keepsHeaders: options.keepsHeaders ?? false });
    const identity = { class: traceClass, name: traceName(traceClass, name), uuid: traceClass.uuid };
    return { ...identity, place: name, streams: traceStreams(decoder, identity, sources, indexBudget) };
  });
  return new TraceReader(opened, options);
}
