import { codeOf } from '../error-code.ts';
import { identifiers } from '../identifiers.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { hideOurFrames, type Observer, observeAll } from '../wrap.ts';
import { beforeNextCall } from './observed-method.ts';

/** A connection of NATS. */
interface Connection {
  readonly protocol?: { readonly server?: { readonly hostname?: unknown; readonly port?: unknown } };
}

interface Request {
  readonly id: number;
  readonly framesMax: number;
  /** Whether the request has been published, so that the package handles its rejection. */
  isPublished: boolean;
}

/** Packages with the class of connections, and its file: version 2, and version 3. */
const FILES = [
  { packageName: 'nats', file: 'lib/nats-base-client/nats.js' },
  { packageName: '@nats-io/nats-core', file: 'lib/nats.js' },
];

const SUBJECT_LENGTH_MAX = 500;
const { then } = Promise.prototype;

/** Messages and requests that the packages of NATS send, without their content. */
export function nats({ provider, u16, u32, u64, str }: Tracer): readonly EventSource[] {
  const events = provider('node_nats');
  const begin = events.tracepoint(
    'request_begin',
    [
      ['call_id', u64],
      ['host', str],
      ['port', u16],
      ['subject', str],
      ['bytes', u32],
    ],
    { logLevel: 'info' },
  );
  const end = events.tracepoint(
    'request_end',
    [
      ['call_id', u64],
      ['bytes', u32],
      ['error', str],
    ],
    { logLevel: 'info' },
  );
  const publish = events.tracepoint(
    'publish',
    [
      ['host', str],
      ['port', u16],
      ['subject', str],
      ['bytes', u32],
    ],
    { logLevel: 'debug' },
  );
  const nextId = identifiers();
  /** The request that is being sent. */
  let current: Request | undefined;

  const fulfill = ({ id }: Request, message: unknown) => end(id, bytesOf(Object(message).data), '');
  const reject = ({ id, framesMax }: Request, error: unknown) => {
    hideOurFrames(error, framesMax);
    end(id, 0, codeOf(error));
  };

  const requesting: Observer<Request> = {
    before(self, [subject, data]) {
      const id = nextId();
      begin(id, ...serverOf(self), subjectOf(subject), bytesOf(data));
      current = { id, framesMax: Number(Error.stackTraceLimit) || 0, isPublished: false };
      return current;
    },
    returned(request, promise) {
      current = undefined;
      if (request.isPublished) {
        // The package handles this promise, so that a further handler changes nothing for the program.
        Reflect.apply(then, promise, [
          guarded((message: unknown) => fulfill(request, message)),
          guarded((error: unknown) => reject(request, error)),
        ]);
        return;
      }
      if (!Object.hasOwn(Object(promise), 'reject')) {
        end(request.id, 0, 'rejected');
        return;
      }
      // A request with a subscription of its own. A handler of its promise would make its rejection handled.
      beforeNextCall(Object(promise), ['resolve', 'reject'], (method, [value]) =>
        (method === 'resolve' ? fulfill : reject)(request, value),
      );
    },
    threw(request, error) {
      current = undefined;
      end(request.id, 0, codeOf(error));
    },
  };

  const publishing: Observer<never> = {
    before(self, [subject, data]) {
      if (current === undefined) publish(...serverOf(self), subjectOf(subject), bytesOf(data));
      else current.isPublished = true;
      return undefined;
    },
  };

  const change = (name: string, observer: Observer<never>) => () => {
    const ends = FILES.map((file) =>
      changeModule({
        ...file,
        change: ({ NatsConnectionImpl: { prototype } }) => observeAll([{ holder: prototype, name, observer }]),
      }),
    );
    return () => {
      for (const endOne of ends) endOne();
    };
  };
  return [
    { tracepoints: [begin, end], install: change('request', requesting as Observer<never>) },
    { tracepoints: [begin, end, publish], install: change('publish', publishing) },
  ];
}

function serverOf(connection: unknown): readonly [host: string, port: number] {
  const { hostname, port } = Object((connection as Connection).protocol?.server) as {
    readonly hostname?: unknown;
    readonly port?: unknown;
  };
  return [typeof hostname === 'string' ? hostname : '', Number.isInteger(port) ? Number(port) : 0];
}

function subjectOf(subject: unknown): string {
  return typeof subject === 'string' ? subject.slice(0, SUBJECT_LENGTH_MAX) : '';
}

function bytesOf(data: unknown): number {
  if (typeof data === 'string') return Buffer.byteLength(data);
  return data instanceof Uint8Array ? data.byteLength : 0;
}

function guarded(act: (value: unknown) => void): (value: unknown) => void {
  return (value) => {
    try {
      act(value);
    } catch {
      // The program's handlers follow in any case.
    }
  };
}
