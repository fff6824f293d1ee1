import type {
  CountClosedTracesRequest,
  DeclareEventsRequest,
  OpenChannelRequest,
  OpenTraceRequest,
  RemoveCheckpointsRequest,
} from '@ringtail/protocol';
import { ConsumerError } from '../consumer-error.ts';
import { TraceMetadata } from '../metadata/trace-metadata.ts';
import { EVENT_DESCRIPTIONS } from '../metadata/trace-model.ts';
import type { FileCalls } from '../output/files/file-calls.ts';
import { formerMetadataCopy, MetadataCopy } from '../output/files/metadata-copy.ts';
import type { Outputs } from '../output/outputs.ts';
import type { PacketOutput } from '../output/packet-output.ts';
import { type Steps, settled } from '../output/sync-or-async.ts';
import { isRepeated, type OpenTrace, type Registry } from './registry.ts';
import type { Session } from './session.ts';

export interface TracesOptions {
  readonly registry: Registry;
  readonly outputs: Outputs;
  /** System calls that write files. */
  readonly calls: FileCalls;
}

/** Opens traces, and describes their channels and events in their metadata. */
export class Traces {
  readonly #registry: Registry;
  readonly #outputs: Outputs;
  readonly #calls: FileCalls;

  constructor({ registry, outputs, calls }: TracesOptions) {
    this.#registry = registry;
    this.#outputs = outputs;
    this.#calls = calls;
  }

  *open(request: OpenTraceRequest): Steps<null> {
    const { traces, sessions } = this.#registry;
    if (isRepeated(traces.get(request.trace)?.request, request)) return null;
    if (request.output === null && !request.snapshot) {
      throw new ConsumerError('BAD_REQUEST', 'a trace without an output is for snapshots only');
    }
    const session = this.#registry.session(request.session);
    const output = session.output ?? this.#outputOf(request, session);
    const { ringDirectory, tracePath, uuid } = request;
    const former =
      output === undefined ? formerMetadataCopy(request) : yield* settled(output.formerMetadata(tracePath));
    const metadata = new TraceMetadata(request, former);
    let trace: OpenTrace;
    try {
      const traceOutput = yield* settled(output?.openTrace({ tracePath, uuid, metadata: metadata.text }));
      trace = { request, session, metadata, output: traceOutput };
      if (traceOutput !== undefined) metadata.writeTo(traceOutput);
      if (ringDirectory !== null) {
        metadata.writeTo(new MetadataCopy(ringDirectory, request, metadata.text.prologue, this.#calls));
      }
      const statistics = yield* settled(traceOutput?.formerStatistics());
      if (traceOutput !== undefined) session.addTrace(request.trace, traceOutput, statistics ?? new Map());
    } catch (error) {
      metadata.close();
      throw error;
    }
    session.output = output;
    sessions.set(request.session, session);
    traces.set(request.trace, trace);
    return null;
  }

  *openChannel(request: OpenChannelRequest): Steps<null> {
    const { channels } = this.#registry;
    if (isRepeated(channels.get(request.channel)?.request, request)) return null;
    const trace = this.#registry.trace(request.trace);
    yield* settled(trace.output?.openChannel(request.attributes));
    yield* trace.metadata.addChannel(request);
    channels.set(request.channel, { request, trace, events: new Map() });
    return null;
  }

  *declareEvents(request: DeclareEventsRequest): Steps<null> {
    const channel = this.#registry.channel(request.channel);
    const describe = EVENT_DESCRIPTIONS[channel.request.producer];
    const added = new Map<number, string>();
    const events = request.events.flatMap(({ id, spec }) => {
      const { text, name, classOf } = describe(spec);
      const known = channel.events.get(id) ?? added.get(id);
      if (known === text) return [];
      if (known !== undefined) throw new ConsumerError('CONFLICT', `event ${id} is ${name} and something else`);
      added.set(id, text);
      return [classOf(BigInt(id))];
    });
    yield* channel.trace.metadata.addEvents(channel.request.streamClassId, events);
    for (const [id, text] of added) channel.events.set(id, text);
    return null;
  }

  countClosed(request: CountClosedTracesRequest): null {
    const session = this.#registry.session(request.session);
    this.#registry.sessions.set(request.session, session);
    session.output ??= this.#outputOf(request, session);
    session.countClosedTraces(request.statistics);
    return null;
  }

  *removeCheckpoints({ output, owner, uuid }: RemoveCheckpointsRequest): Steps<null> {
    yield* settled(this.#outputs.open(output, { owner, onProblem: () => {} }).forgetTrace(uuid));
    return null;
  }

  /** A flight recorder has no output except for its snapshots. */
  #outputOf(
    { output, snapshot, owner }: OpenTraceRequest | CountClosedTracesRequest,
    session: Session,
  ): PacketOutput | undefined {
    if (snapshot || output === null) return undefined;
    return this.#outputs.open(output, { owner, onProblem: (sentence) => session.problems.add(sentence) });
  }
}
