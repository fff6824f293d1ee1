import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeContext } from './fake-context.test.support.ts';

const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
trace { major = 1; minor = 8; uuid = "5675cf9c-b30c-46c3-bd65-f8c2dda40ba7"; byte_order = le; };
env { hostname = "host"; tracer_name = "ringtail"; };
clock { name = c; };
stream {
  packet.context := struct { integer { size = 64; map = clock.c.value; } timestamp_begin; integer { size = 64; map = clock.c.value; } timestamp_end; };
  event.header := struct { u8 id; integer { size = 64; map = clock.c.value; } timestamp; };
  event.context := struct {
    u8 __app_node_request_id; string __app_node_trace_id; string __app_node_parent_span_id;
  };
};
event { name = "node_http:server_request_begin"; id = 0; loglevel = 6; fields := struct { u8 _request_id; }; };
event { name = "node_http:server_request_end"; id = 1; loglevel = 6; fields := struct { u8 _request_id; u8 _status; }; };
event { name = "shop:order_begin"; id = 2; loglevel = 6; fields := struct { u8 _order_id; }; };
event { name = "shop:order_end"; id = 3; loglevel = 6; fields := struct { u8 _order_id; }; };
event { name = "shop:refused"; id = 4; loglevel = 4; fields := struct { string _message; }; };
`;

/** Class, request and payload of an event. The events are a second apart. */
const EVENTS: readonly (readonly [id: number, request: number, ...payload: number[]])[] = [
  [0, 7, 7],
  [2, 7, 1],
  [4, 7, ...Buffer.from('no\0')],
  [3, 7, 1],
  [1, 7, 7, 200],
  [2, 0, 2],
];

/**
 * A trace of one request with an operation and a message in it, and of an operation that does not end.
 *
 * @param caller trace and span of the sender of each request, as the events have them
 */
export function requestTraceIn(
  context: FakeContext,
  caller: readonly [traceId: string, spanId: string] = ['', ''],
): string {
  const callerBytes = Buffer.from(caller.map((text) => `${text}\0`).join(''));
  const header = Buffer.alloc(16);
  header.writeBigUInt64LE(BigInt(EVENTS.length) * 1_000_000_000n, 8);
  const records = EVENTS.map(([id, request, ...payload], i) => {
    const bytes = Buffer.alloc(10);
    bytes.writeUInt8(id, 0);
    bytes.writeBigUInt64LE(BigInt(i) * 1_000_000_000n, 1);
    bytes.writeUInt8(request, 9);
    return Buffer.concat([bytes, callerBytes, Buffer.from(payload)]);
  });
  const directory = join(context.cwd, 'trace');
  mkdirSync(directory);
  writeFileSync(join(directory, 'metadata'), METADATA);
  writeFileSync(join(directory, 's'), Buffer.concat([header, ...records]));
  return directory;
}
