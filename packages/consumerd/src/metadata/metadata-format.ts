import {
  ctf2DataStreamClass,
  ctf2EventRecordClass,
  ctf2Preamble,
  type DataStreamClass,
  type EventRecordClass,
  type TraceClass,
  tsdlDataStreamClass,
  tsdlEnvironment,
  tsdlEventRecordClass,
  tsdlPreamble,
} from '@ringtail/ctf';
import type { TraceFormat } from '@ringtail/protocol';

/** Prints the parts of a metadata file: its start, and blocks that can be appended one by one. */
export interface MetadataPrinter {
  preamble(trace: TraceClass): string;
  /** Further entries of the environment; empty where the format has no place for them after the preamble. */
  environment(entries: TraceClass['environment']): string;
  dataStreamClass(trace: TraceClass, stream: DataStreamClass): string;
  eventRecordClass(trace: TraceClass, stream: DataStreamClass, event: EventRecordClass): string;
}

export const METADATA_PRINTERS: Readonly<Record<TraceFormat, MetadataPrinter>> = {
  'ctf-1.8': {
    preamble: tsdlPreamble,
    environment: tsdlEnvironment,
    dataStreamClass: (_trace, stream) => tsdlDataStreamClass(stream),
    eventRecordClass: (_trace, stream, event) => tsdlEventRecordClass(stream.id, event),
  },
  'ctf-2': {
    preamble: ctf2Preamble,
    environment: () => '',
    dataStreamClass: ctf2DataStreamClass,
    eventRecordClass: ctf2EventRecordClass,
  },
};
