import type { OpenChannelRequest, OpenRingRequest, OpenTraceRequest } from '@ringtail/protocol';
import { ConsumerError } from '../consumer-error.ts';
import type { StreamDrain } from '../drain/stream-drain.ts';
import type { Log } from '../log.ts';
import type { TraceMetadata } from '../metadata/trace-metadata.ts';
import type { TraceOutput } from '../output/packet-output.ts';
import type { StreamIdentity } from '../source/source.ts';
import type { RecorderRing } from './recorder-ring.ts';
import { Session } from './session.ts';

export interface OpenTrace {
  readonly request: OpenTraceRequest;
  readonly session: Session;
  readonly metadata: TraceMetadata;
  /** Undefined of a flight recorder. */
  readonly output: TraceOutput | undefined;
}

export interface OpenChannel {
  readonly request: OpenChannelRequest;
  readonly trace: OpenTrace;
  /** Declared events as JSON text, by identifier. */
  readonly events: Map<number, string>;
}

export interface OpenRing {
  readonly request: OpenRingRequest;
  readonly channel: OpenChannel;
  /** Owner of the ring, in words. */
  readonly owner: string;
  /** Undefined once the ring is closed, and of a flight recorder. */
  drain?: StreamDrain | undefined;
  /** Of a flight recorder, until the ring is closed. */
  recorder?: RecorderRing | undefined;
}

/** A ring that is drained. */
export type DrainedRing = OpenRing & { readonly drain: StreamDrain };

/** Sessions, traces, channels and rings that are open, by the keys of the session daemon. */
export class Registry {
  readonly sessions = new Map<string, Session>();
  readonly traces = new Map<number, OpenTrace>();
  readonly channels = new Map<number, OpenChannel>();
  readonly rings = new Map<number, OpenRing>();
  readonly #log: Log;

  /** @param log receives the problems of sessions */
  constructor(log: Log) {
    this.#log = log;
  }

  /** The session of this name, or a new one, which is not registered. */
  session(name: string): Session {
    return this.sessions.get(name) ?? new Session(name, (problem) => this.#log(`session ${name}: ${problem}`));
  }

  /** @throws {ConsumerError} `NO_TRACE` */
  trace(key: number): OpenTrace {
    const trace = this.traces.get(key);
    if (trace === undefined) throw new ConsumerError('NO_TRACE', `there is no trace ${key}`);
    return trace;
  }

  /** @throws {ConsumerError} `NO_CHANNEL` */
  channel(key: number): OpenChannel {
    const channel = this.channels.get(key);
    if (channel === undefined) throw new ConsumerError('NO_CHANNEL', `there is no channel ${key}`);
    return channel;
  }

  /** @throws {ConsumerError} `NO_RING` */
  ring(key: number): OpenRing {
    const ring = this.rings.get(key);
    if (ring === undefined) throw new ConsumerError('NO_RING', `there is no ring ${key}`);
    return ring;
  }

  tracesOf(session: string): OpenTrace[] {
    return [...this.traces.values()].filter((trace) => trace.session.name === session);
  }

  ringsOf(session: string): OpenRing[] {
    return [...this.rings.values()].filter((ring) => sessionOf(ring).name === session);
  }

  drainedOf(session: string): DrainedRing[] {
    return this.ringsOf(session).filter((ring): ring is DrainedRing => ring.drain !== undefined);
  }

  recordersOf(session: string): RecorderRing[] {
    return this.ringsOf(session).flatMap(({ recorder }) => recorder ?? []);
  }

  /** Forgets a trace with its channels and rings. */
  deleteTrace(trace: OpenTrace): void {
    for (const [key, { channel }] of this.rings) if (channel.trace === trace) this.rings.delete(key);
    for (const [key, channel] of this.channels) if (channel.trace === trace) this.channels.delete(key);
    this.traces.delete(trace.request.trace);
  }
}

export function sessionOf(ring: OpenRing): Session {
  return ring.channel.trace.session;
}

/** Name of the data stream that a ring goes to. */
export function streamNameOf({ attributes }: OpenChannelRequest, { streamInstanceId }: OpenRingRequest): string {
  return `${attributes.name}_${streamInstanceId}`;
}

export function identityOf(channel: OpenChannel, { streamInstanceId }: OpenRingRequest): StreamIdentity {
  const { request, trace } = channel;
  return { traceUuid: trace.request.uuid, streamClassId: request.streamClassId, streamInstanceId };
}

/**
 * Whether `request` was carried out before.
 *
 * @throws {ConsumerError} `CONFLICT` if its key stands for something else
 */
export function isRepeated<Request extends { readonly type: string }>(
  former: Request | undefined,
  request: Request,
): boolean {
  if (former === undefined) return false;
  // Both come out of the same check, which gives the members their order.
  if (JSON.stringify(former) === JSON.stringify(request)) return true;
  throw new ConsumerError('CONFLICT', `${request.type} uses a key that stands for something else already`);
}
