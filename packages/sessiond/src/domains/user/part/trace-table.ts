import { join } from 'node:path';
import { type ChannelAttributes, DEFAULT_CHANNEL } from '@ringtail/protocol';
import type { ApplicationProcess, RecordedThread } from '../../../model/application-process.ts';
import type { SharedPool } from '../../../shares/shared-pool.ts';
import { IdentifierTable } from './identifier-table.ts';
import { tracePathOfUser } from './trace-path.ts';
import { type Trace, type TraceChannel, tracks, type UserPart } from './user-part.ts';

export interface TraceTableOptions {
  readonly parts: () => readonly UserPart[];
  readonly newUuid: () => string;
  /** Bytes kept for applications. */
  readonly kept: SharedPool;
}

/** The traces of all sessions, and the keys under which applications and consumers know their channels. */
export class TraceTable {
  readonly #options: TraceTableOptions;
  readonly #channelsByKey = new Map<number, TraceChannel>();
  #nextTraceKey = 1;
  #nextChannelKey = 1;

  constructor(options: TraceTableOptions) {
    this.#options = options;
  }

  /** Finds or makes the trace of a thread in a session, with all channels that the session has by now. */
  ensure(part: UserPart, thread: RecordedThread): Trace {
    const trace = this.of(part, thread) ?? this.#make(part, thread);
    for (const channel of part.channels.values()) {
      if (trace.channels.has(channel)) continue;
      const identifiers = new IdentifierTable(thread.uid, part.eventSpecs, this.#options.kept);
      const traceChannel = { key: this.#nextChannelKey++, trace, channel, identifiers };
      trace.channels.set(channel, traceChannel);
      this.#channelsByKey.set(traceChannel.key, traceChannel);
    }
    return trace;
  }

  of(part: UserPart, thread: RecordedThread): Trace | undefined {
    return part.traces.get(traceKeyOf(part, thread));
  }

  /** The traces into which a thread records now. */
  activeOf(thread: RecordedThread): Trace[] {
    return this.#options
      .parts()
      .filter((part) => part.session.active && tracks(part, thread))
      .map((part) => this.of(part, thread))
      .filter((trace) => trace !== undefined)
      .filter(({ isRecordable }) => isRecordable);
  }

  /** The channel under a key, if this thread may write to it. */
  channelOf(key: number, { uid, process }: RecordedThread): TraceChannel | undefined {
    const channel = this.#channelsByKey.get(key);
    if (channel?.trace.uid !== uid) return undefined;
    return channel.trace.process === null || channel.trace.process === process ? channel : undefined;
  }

  /**
   * Takes the traces of a process that has no thread any more out of their sessions: only their rings still hold
   * events.
   */
  takeOfProcess(process: ApplicationProcess): Trace[] {
    const ended: Trace[] = [];
    const key = keyOfProcess(process);
    for (const { traces } of this.#options.parts()) {
      const trace = traces.get(key);
      if (trace === undefined) continue;
      traces.delete(key);
      this.#forgetKeys(trace);
      ended.push(trace);
    }
    return ended;
  }

  partRemoved({ traces }: UserPart): void {
    for (const trace of traces.values()) this.#forgetKeys(trace);
  }

  #make(part: UserPart, thread: RecordedThread): Trace {
    const { session } = part;
    const process = ownershipOf(part) === 'process' ? thread.process : null;
    const tracePath = process === null ? tracePathOfUser(thread.uid) : process.tracePath;
    const trace: Trace = {
      key: this.#nextTraceKey++,
      session,
      part,
      uid: thread.uid,
      gid: thread.gid,
      process,
      uuid: this.#options.newUuid(),
      tracePath,
      ringDirectory: session.shmPath === null ? null : join(session.shmPath, tracePath),
      isRecordable: session.shmPath === null,
      channels: new Map(),
      nextStreamInstanceId: 0,
    };
    part.traces.set(traceKeyOf(part, thread), trace);
    session.traced = true;
    return trace;
  }

  #forgetKeys(trace: Trace): void {
    for (const { key, identifiers } of trace.channels.values()) {
      this.#channelsByKey.delete(key);
      identifiers.release();
    }
  }
}

/** Buffer ownership, which all channels of a part share. */
export function ownershipOf({ channels }: UserPart): ChannelAttributes['ownership'] {
  const [channel] = channels.values();
  return channel?.attributes.ownership ?? DEFAULT_CHANNEL.ownership;
}

function traceKeyOf(part: UserPart, { uid, process }: RecordedThread): string {
  return ownershipOf(part) === 'process' ? keyOfProcess(process) : `user ${uid}`;
}

function keyOfProcess({ key }: ApplicationProcess): string {
  return `process ${key}`;
}
