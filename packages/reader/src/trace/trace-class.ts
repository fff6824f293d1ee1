import { type DataStreamClass, MetadataError, parseMetadata, type TraceClass } from '@ringtail/ctf';
import { type ClockCorrection, correctClocks } from './clock-correction.ts';

/**
 * Reads the metadata of a trace, with its clocks corrected.
 *
 * @throws {MetadataError} also where there is no data stream class
 */
export function traceClassOf(metadata: Uint8Array, clocks: ClockCorrection | undefined): TraceClass {
  const traceClass = growingTraceClassOf(metadata, clocks);
  if (traceClass.dataStreamClasses.length > 0) return traceClass;
  throw new MetadataError('SEMANTICS', 'the metadata describes no data stream class');
}

/**
 * As `traceClassOf`, of metadata that may grow: data stream classes may be missing.
 *
 * @throws {MetadataError}
 */
export function growingTraceClassOf(metadata: Uint8Array, clocks: ClockCorrection | undefined): TraceClass {
  const traceClass = parseMetadata(metadata);
  return clocks === undefined ? traceClass : correctClocks(traceClass, clocks);
}

/**
 * The part of a trace class that is certain while the metadata may grow.
 *
 * Metadata of CTF 1.8 without a data stream class has an implicit one. The declaration may still come, also behind
 * events.
 */
export function certainPartOf(traceClass: TraceClass): TraceClass {
  return { ...traceClass, dataStreamClasses: traceClass.dataStreamClasses.filter((of) => !isBare(of)) };
}
function isBare({ packetContext, eventRecordHeader }: DataStreamClass): boolean {
  return packetContext === undefined && eventRecordHeader === undefined;
}

/** The name of a trace in messages: its host, and its place among the traces that were opened. */
export function traceName({ environment }: TraceClass, place: string): string {
  const hostname = environment.get('hostname');
  return [typeof hostname === 'string' ? hostname : '', place].filter((part) => part !== '').join('/');
}
