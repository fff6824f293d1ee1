import type { Http2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { subscribeAll } from '../../channels.ts';
import { identifiers } from '../../identifiers.ts';
import type { EventSource, Tracer } from '../../instrument.ts';
import { pathOf } from './path.ts';

interface Message {
  readonly stream: Http2Stream;
  readonly headers: IncomingHttpHeaders & OutgoingHttpHeaders;
}

/** Requests over HTTP/2, of servers and clients. Node.js 20 has no hook for them. */
export function http2(tracer: Tracer): readonly EventSource[] {
  return [streams(tracer, 'server', 'request_id'), streams(tracer, 'client', 'call_id')];
}

function streams({ provider, u16, u32, u64, str }: Tracer, side: 'server' | 'client', idField: string): EventSource {
  const node = provider('node_http2');
  const begin = node.tracepoint(
    `${side}_request_begin`,
    [
      [idField, u64],
      ['method', str],
      ['authority', str],
      ['path', str],
    ],
    { logLevel: 'info' },
  );
  const end = node.tracepoint(
    `${side}_request_end`,
    [
      [idField, u64],
      ['status', u16],
      ['reset_code', u32],
    ],
    { logLevel: 'info' },
  );
  const nextId = identifiers();

  const install = () => {
    const open = new WeakMap<Http2Stream, { readonly id: number; status: number }>();
    const answered = ({ stream, headers }: Message) => {
      const request = open.get(stream);
      if (request !== undefined) request.status = Number(headers[':status'] ?? 0);
    };
    return subscribeAll({
      [`http2.${side}.stream.created`]: ({ stream, headers }: Message) => {
        const id = nextId();
        open.set(stream, { id, status: 0 });
        const authority = String(headers[':authority'] ?? '');
        begin(id, String(headers[':method'] ?? 'GET'), authority, pathOf(String(headers[':path'] ?? '/')));
      },
      // The channel `finish` has the headers of the response, for the side that receives or sends them.
      [`http2.${side}.stream.finish`]: answered,
      [`http2.${side}.stream.close`]: ({ stream }: Message) => {
        const request = open.get(stream);
        if (request === undefined) return;
        open.delete(stream);
        end(request.id, request.status, stream.rstCode ?? 0);
      },
    });
  };
  return { tracepoints: [begin, end], install };
}
