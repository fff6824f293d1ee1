import type { Destination } from '@ringtail/protocol';
import type { StreamDrain } from '../drain/stream-drain.ts';
import type { PacketOutput } from '../output/packet-output.ts';
import { type Steps, settled } from '../output/sync-or-async.ts';

/** Current trace chunk of a session: its output, and the drains that write to it. */
export interface TraceChunk {
  readonly output: PacketOutput;
  readonly drains: readonly StreamDrain[];
}

/**
 * Drains everything that is committed, closes the trace chunk as `archive` and goes on in a new one. A rotation that a
 * former consumer carried out is not repeated.
 *
 * @param beforeRotation called unless a former consumer carried the rotation out
 * @throws {ConsumerError} `BAD_REQUEST`, `DIRECTORY_REFUSED`, `NOT_WRITTEN`; or the system's error. The chunk goes on
 *   as it was then
 */
export function* rotateChunk(
  { output, drains }: TraceChunk,
  archive: Destination,
  beforeRotation: () => void,
): Steps<void> {
  if (yield* settled(output.finishRotation(archive))) {
    for (const drain of drains) drain.noteChunk();
    return;
  }
  beforeRotation();
  yield* whileHeld(drains, function* () {
    for (const drain of drains) yield* drain.flush();
    yield* settled(output.rotate(archive));
    for (const drain of drains) drain.beginChunk();
  });
}

/**
 * Drops everything that is committed in the sources, and all packets of the trace chunk. Metadata and archives stay.
 * Nothing stays of processes that have gone.
 *
 * @throws the system's error; some of it has been dropped then
 */
export function* clearChunk({ output, drains }: TraceChunk): Steps<void> {
  yield* whileHeld(drains, function* () {
    yield* settled(output.restore());
    for (const drain of drains) drain.drop();
    try {
      for (const drain of drains) drain.prepareClear();
      yield* settled(output.clear());
    } catch (error) {
      for (const drain of drains) drain.abandonClear();
      throw error;
    }
    for (const drain of drains) drain.beginAnew();
    yield* settled(output.forgetClosedStreams());
  });
}

/** Runs steps while no packet is appended but by them. */
function* whileHeld(drains: readonly StreamDrain[], steps: () => Steps<void>): Steps<void> {
  try {
    for (const drain of drains) yield* drain.hold();
    yield* steps();
  } finally {
    for (const drain of drains) drain.resume();
  }
}
