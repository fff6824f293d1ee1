import type { DataStream, EventRecordClass, EventView, FieldClass, TraceClass, VisitedField } from '@ringtail/ctf';
import type { Handler } from '../handler.ts';

const integer: FieldClass = {
  kind: 'integer',
  signed: false,
  bits: 64,
  align: 8,
  byteOrder: 'le',
  base: 10,
  encoding: 'none',
};
const text: FieldClass = { kind: 'string', encoding: 'utf8' };

/** Fields of the events by name: names that begin with `s_` are texts, the others integers. */
export type MadeClasses = Readonly<Record<string, readonly string[]>>;

export interface MadeEvent {
  readonly name: string;
  readonly ns: number;
  readonly pid?: number;
  readonly tid?: number;
  /** The request to which it belongs. */
  readonly request?: number;
  readonly fields?: Readonly<Record<string, VisitedField>>;
}

/** A data stream without bytes. Its packets have the contexts `vpid`, `vtid` and `$app.node:request_id`. */
export function madeStream(classes: MadeClasses, id = 0n): DataStream {
  const events = Object.entries(classes).map(
    ([name, fields], i): EventRecordClass => ({
      id: BigInt(i),
      name,
      payload: {
        kind: 'structure',
        align: 8,
        members: fields.map((field) => ({ name: field, fieldClass: field.startsWith('s_') ? text : integer })),
      },
    }),
  );
  const contexts = ['vpid', 'vtid', '_app_node_request_id'].map((name) => ({ name, fieldClass: integer }));
  const streamClass = {
    id: 0n,
    packetContext: { kind: 'structure', align: 8, members: contexts } as const,
    eventRecordClasses: events,
  };
  const traceClass = { dataStreamClasses: [streamClass], environment: new Map() } as unknown as TraceClass;
  return {
    trace: { class: traceClass, name: 'trace', uuid: undefined },
    class: streamClass,
    clockClass: { name: 'c' },
    id,
    name: 'stream',
  } as unknown as DataStream;
}

/** Shows events to a handler, as a reader does. */
export function show(handler: Handler<unknown, unknown>, stream: DataStream, events: readonly MadeEvent[]): void {
  for (const { name, ns, pid = 1, tid = pid, request, fields = {} } of events) {
    const of = stream.class.eventRecordClasses.find((one) => one.name === name)!;
    const seen = handler.see(of, stream)!;
    const packet = { context: { vpid: pid, vtid: tid, _app_node_request_id: request } };
    const view = { stream, packet, seconds: Math.floor(ns / 1e9), nanoseconds: ns % 1e9, bytes: 10 };
    seen.handle(view as unknown as EventView, ...(seen.fields ?? []).map((field) => fields[field]));
  }
}
