import type { EventSource, Tracer } from '../../instrument.ts';
import { pathOf } from './path.ts';
import { defineRequestContexts } from './request-context.ts';
import { routeOf } from './route.ts';
import { watchRouters } from './routers.ts';
import { ServerRequests } from './server-requests.ts';

/** Requests that HTTP/1 servers of the program answer, and the contexts of events that belong to a request. */
export function httpServer(tracer: Tracer): readonly EventSource[] {
  const { u64, u16, str, bool } = tracer;
  const http = tracer.provider('node_http');
  const begin = http.tracepoint(
    'server_request_begin',
    [
      ['request_id', u64],
      ['method', str],
      ['path', str],
      ['peer', str],
      ['peer_port', u16],
      ['connection_reused', bool],
    ],
    { logLevel: 'info' },
  );
  const end = http.tracepoint(
    'server_request_end',
    [
      ['request_id', u64],
      ['route', str],
      ['status', u16],
      ['bytes_written', u64],
      ['aborted', bool],
    ],
    { logLevel: 'info' },
  );
  const requests = new ServerRequests(watchRouters);
  defineRequestContexts(tracer, requests);

  const install = () =>
    requests.follow('events', {
      begun({ id, request, connection, isOnReusedConnection }) {
        const { method = '', url = '' } = request;
        begin(id, method, pathOf(url), connection.peer, connection.peerPort, isOnReusedConnection);
      },
      ended({ id, request, response }, isAborted, bytesWritten) {
        // The status of a response that was never begun is Node.js's default.
        const status = response.headersSent ? response.statusCode : 0;
        end(id, routeOf(request), status, bytesWritten, isAborted);
      },
    });
  return [{ tracepoints: [begin, end], install }];
}
