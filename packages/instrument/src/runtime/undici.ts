import { subscribeAll } from '../channels.ts';
import { codeOf } from '../error-code.ts';
import { identifiers } from '../identifiers.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { pathOf } from './http/path.ts';

/** A request in the messages of the channels of undici. */
interface UndiciRequest {
  readonly origin: unknown;
  readonly method: unknown;
  readonly path: unknown;
}

interface Message {
  readonly request: UndiciRequest;
  readonly response: { readonly statusCode: number };
  readonly error: unknown;
}

/** Requests of `fetch`, and of the package undici. A redirection is a request of its own. */
export function undici({ provider, u64, u16, str }: Tracer): readonly EventSource[] {
  const node = provider('node_undici');
  const begin = node.tracepoint(
    'request_begin',
    [
      ['call_id', u64],
      ['method', str],
      ['origin', str],
      ['path', str],
    ],
    { logLevel: 'info' },
  );
  const response = node.tracepoint(
    'response',
    [
      ['call_id', u64],
      ['status', u16],
    ],
    { logLevel: 'debug' },
  );
  const end = node.tracepoint(
    'request_end',
    [
      ['call_id', u64],
      ['status', u16],
      ['error', str],
    ],
    { logLevel: 'info' },
  );
  const nextId = identifiers();

  const install = () => {
    // Weak, since nothing reports the end of a request whose response the program neither reads nor cancels.
    const open = new WeakMap<UndiciRequest, { readonly id: number; status: number }>();

    const finish = (request: UndiciRequest, error: string) => {
      const call = open.get(request);
      if (call === undefined) return;
      open.delete(request);
      end(call.id, call.status, error);
    };

    return subscribeAll({
      'undici:request:create': ({ request }: Message) => {
        const id = nextId();
        open.set(request, { id, status: 0 });
        begin(id, String(request.method), originOf(request.origin), pathOf(String(request.path)));
      },
      'undici:request:headers': ({ request, response: { statusCode } }: Message) => {
        const call = open.get(request);
        if (call === undefined) return;
        call.status = statusCode;
        response(call.id, statusCode);
      },
      'undici:request:trailers': ({ request }: Message) => finish(request, ''),
      'undici:request:error': ({ request, error }: Message) => finish(request, codeOf(error)),
    });
  };
  return [{ tracepoints: [begin, response, end], install }];
}

/** Protocol, host and port. A URL may also hold a user's name and password. */
function originOf(origin: unknown): string {
  return URL.canParse(String(origin)) ? new URL(String(origin)).origin : '';
}
