import { assert } from '@ringtail/base';
import { uuidBytes } from '@ringtail/ctf';
import type { OpenChannelRequest, OpenRingRequest } from '@ringtail/protocol';
import { openRingFile, RingConsumer } from '@ringtail/ringbuf';
import { RingDrain } from '../../drain/ring-drain.ts';
import { DataStreamFile } from '../../output/files/data-stream-file.ts';
import type { FileOutput } from '../../output/files/file-calls.ts';
import { traceFileLimitsOf } from '../../output/files/trace-file-names.ts';
import type { TraceWriter } from '../../output/files/trace-writer.ts';
import { removedFrom, type Session } from '../../session/session.ts';

/** Why: see `RingConsumer.reclaimReleased`. */
export const NOT_RECLAIMABLE =
  'memory can be given back of rings in discard mode that are not files, and no others, without a risk for events';

export interface OpenRingOptions {
  readonly request: OpenRingRequest;
  readonly channel: OpenChannelRequest;
  readonly trace: TraceWriter;
  readonly session: Session;
  /** Whose ring it is, in words. */
  readonly owner: string;
  readonly output: FileOutput;
  readonly nowMs: () => number;
  readonly onDamaged: () => void;
}

/**
 * Opens a ring and the data stream file it goes to, and continues what a former consumer left of both.
 *
 * @throws {RingError} if the file is not the ring that was announced
 * @throws {ConsumerError} `DIRECTORY_REFUSED` if the data stream file is something else; or the system's error
 */
export function openRing(options: OpenRingOptions): RingDrain {
  const { request, channel, trace, session, output } = options;
  const { streamClassId, attributes } = channel;
  const { streamInstanceId, pid, tid, procname } = request;
  const identity = { traceUuid: trace.uuid, streamClassId, streamInstanceId, pid, tid, procname };
  const ringFile = openRingFile(request.path, request.bytes);
  const { stateDirectory, owner } = trace;
  assert(stateDirectory !== null, 'rings of a flight recorder are not drained');
  const file = new DataStreamFile(trace.directory, streamNameOf(channel, request), identity, output, 0, {
    stateDirectory,
    owner,
    limits: traceFileLimitsOf(attributes),
    isChunkThere: () => {
      const isThere = session.keepMetadata(trace);
      if (!isThere) session.troubles.add(removedFrom(trace.directory));
      return isThere;
    },
  });
  try {
    const ring = new RingConsumer(ringFile, { streamClassId, uuid: uuidBytes(trace.uuid) });
    const reclaims = attributes.reclaimAfterUs !== null;
    if (reclaims && !ring.reclaimReleased()) {
      session.troubles.add(`channel ${attributes.name}: ${NOT_RECLAIMABLE}`);
    }
    const drain = new RingDrain({
      ring,
      continuesTrace: true,
      reclaims,
      closeRing: ringFile.close,
      file,
      owner: options.owner,
      nowMs: options.nowMs,
      // Node.js reads CLOCK_MONOTONIC, and no other clock of traces.
      nowCycles: () => (trace.clock === 'monotonic' ? Number(process.hrtime.bigint()) : undefined),
      onTrouble: (sentence) => session.troubles.add(sentence),
      onDamaged: options.onDamaged,
    });
    session.addStream(channel.trace, file.path, drain.statistics, file.written);
    return drain;
  } catch (error) {
    file.close();
    ringFile.close();
    throw error;
  }
}

/** Name of the data stream that a ring goes to. */
export function streamNameOf({ attributes }: OpenChannelRequest, { streamInstanceId }: OpenRingRequest): string {
  return `${attributes.name}_${streamInstanceId}`;
}
