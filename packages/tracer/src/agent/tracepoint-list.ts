import { APP_FRAME_BYTES_MAX, type JsonValue, TRACEPOINTS_MAX, type TracepointDescription } from '@ringtail/protocol';
import type { Site } from '../recorder/tracepoint-function.ts';

/** Leaves room for the message around the list. */
const LIST_BYTES_MAX = APP_FRAME_BYTES_MAX - 1024;

/**
 * Describes the tracepoints of a thread for daemons. The list has to fit into one message: fields are left out from the
 * first tracepoint that does not fit with them. If names alone do not fit, the list is halved.
 */
export function describeTracepoints(sites: readonly Site[]): TracepointDescription[] {
  sites = sites.slice(0, TRACEPOINTS_MAX);
  const list: TracepointDescription[] = [];
  let bytesLeft = LIST_BYTES_MAX - sites.reduce((bytes, site) => bytes + sizeOf(bare(site)), 0);
  for (const site of sites) {
    const { event } = site;
    const fields = event.fields as unknown as readonly JsonValue[];
    const extra = sizeOf(fields);
    if (bytesLeft >= extra) list.push({ name: event.name, logLevel: event.logLevel, fields });
    else list.push(bare(site));
    bytesLeft -= extra;
  }
  while (list.length > 0 && bytesLeft < 0 && sizeOf(list) > LIST_BYTES_MAX) list.length = list.length >> 1;
  return list;
}

function bare({ event: { name, logLevel } }: Site): TracepointDescription {
  return { name, logLevel, fields: [] };
}

/** In bytes of JSON, a comma included. */
function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}
