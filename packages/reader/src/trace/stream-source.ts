import {
  type ClockClass,
  type DataStreamClass,
  DataStreamReader,
  type NamedMedium,
  type TraceDecoder,
  type TraceIdentity,
} from '@ringtail/ctf';

/** A data stream: the media of its packets, and the decoder that reads them. */
export interface StreamSource {
  readonly decoder: TraceDecoder;
  readonly identity: TraceIdentity;
  /** In the order of time, at least one. Files are named by their absolute paths. */
  readonly sources: readonly NamedMedium[];
  /** Identifier of the data stream in its packets, or its number among the data streams of its class. */
  readonly id: bigint;
  /** Undefined where not even the first packet can be read. */
  readonly class: DataStreamClass | undefined;
}

/** Reads all packets of a data stream, or the packets of one of its sources. */
export function readerOf(
  { decoder, identity, sources, id }: Omit<StreamSource, 'class'>,
  sourceIdx?: number,
): DataStreamReader {
  return new DataStreamReader(decoder, identity, sourceIdx === undefined ? sources : [sources[sourceIdx]!], id);
}

export function clockClassOf({ decoder, class: of }: StreamSource): ClockClass | undefined {
  return of && decoder.dataStreamDecoder(of.id)?.clockClass;
}
