import type { ClientRequest, IncomingMessage } from 'node:http';
import { subscribeAll } from '../../channels.ts';
import { codeOf } from '../../error-code.ts';
import { identifiers } from '../../identifiers.ts';
import type { EventSource, Tracer } from '../../instrument.ts';
import { pathOf } from './path.ts';

/** Requests that the program makes with `http.request`, `https.request` and packages on top of them. */
export function httpClient({ provider, u64, u16, str, bool }: Tracer): readonly EventSource[] {
  const http = provider('node_http');
  const begin = http.tracepoint(
    'client_request_begin',
    [
      ['call_id', u64],
      ['method', str],
      ['protocol', str],
      ['host', str],
      ['path', str],
    ],
    { logLevel: 'info' },
  );
  const response = http.tracepoint(
    'client_response',
    [
      ['call_id', u64],
      ['status', u16],
      ['connection_reused', bool],
    ],
    { logLevel: 'debug' },
  );
  const end = http.tracepoint(
    'client_request_end',
    [
      ['call_id', u64],
      ['status', u16],
      ['error', str],
    ],
    { logLevel: 'info' },
  );
  const nextId = identifiers();

  const install = () => {
    const open = new Map<ClientRequest, { readonly id: number; status: number; error: string }>();

    function closed(this: ClientRequest): void {
      const call = open.get(this);
      if (call === undefined) return;
      open.delete(this);
      end(call.id, call.status, call.error);
    }

    const unsubscribe = subscribeAll({
      'http.client.request.start': ({ request }: { readonly request: ClientRequest }) => {
        const id = nextId();
        open.set(request, { id, status: 0, error: '' });
        request.once('close', closed);
        begin(id, request.method, request.protocol, request.host, pathOf(request.path));
      },
      'http.client.response.finish': (message: {
        readonly request: ClientRequest;
        readonly response: IncomingMessage;
      }) => {
        const call = open.get(message.request);
        if (call === undefined) return;
        call.status = message.response.statusCode ?? 0;
        response(call.id, call.status, message.request.reusedSocket);
      },
      'http.client.request.error': ({
        request,
        error,
      }: {
        readonly request: ClientRequest;
        readonly error: unknown;
      }) => {
        const call = open.get(request);
        if (call !== undefined) call.error = codeOf(error);
      },
    });
    return () => {
      unsubscribe();
      for (const request of open.keys()) request.removeListener('close', closed);
    };
  };
  return [{ tracepoints: [begin, response, end], install }];
}
