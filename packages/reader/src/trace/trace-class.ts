import { MetadataError, parseMetadata, type TraceClass } from '@ringtail/ctf';
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
 * As `traceClassOf`, of metadata to which data stream classes may be added.
 *
 * @throws {MetadataError}
 */
export function growingTraceClassOf(metadata: Uint8Array, clocks: ClockCorrection | undefined): TraceClass {
  const traceClass = parseMetadata(metadata);
  return clocks === undefined ? traceClass : correctClocks(traceClass, clocks);
}

/** The name of a trace in messages: its host, and its place among the traces that were opened. */
export function traceName({ environment }: TraceClass, place: string): string {
  const hostname = environment.get('hostname');
  return [typeof hostname === 'string' ? hostname : '', place].filter((part) => part !== '').join('/');
}
