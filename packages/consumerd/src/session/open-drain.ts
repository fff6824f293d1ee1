import type { Clock } from '@ringtail/base';
import { StreamDrain } from '../drain/stream-drain.ts';
import type { StreamDescription } from '../output/packet-output.ts';
import { type Steps, settled } from '../output/sync-or-async.ts';
import type { PacketSource } from '../source/packet-source.ts';
import { identityOf, type OpenRing, sessionOf, streamNameOf } from './registry.ts';

/** Reason: see `RingConsumer.reclaimReleased`. */
export const NOT_RECLAIMABLE =
  'memory can be given back of rings in discard mode that are not files, and no others, without a risk for events';

export interface OpenDrainOptions extends Clock {
  readonly ring: OpenRing;
  readonly source: PacketSource;
  /** CLOCK_MONOTONIC, nanoseconds. */
  readonly monotonicNs: () => number;
  readonly onDamaged: () => void;
}

/**
 * Opens the data stream of a source, and continues the work of a former consumer on both.
 *
 * @throws {ConsumerError} `DIRECTORY_REFUSED` if the data stream is something else; or the system's error
 */
export function* openDrain({ ring, source, nowMs, monotonicNs, onDamaged }: OpenDrainOptions): Steps<StreamDrain> {
  const { request, channel, owner } = ring;
  const { request: trace, output } = channel.trace;
  const session = sessionOf(ring);
  const { attributes } = channel.request;
  const onProblem = (sentence: string) => session.problems.add(sentence);
  const reclaims = attributes.reclaimAfterUs !== null;
  if (reclaims) {
    if (source.memory === undefined) onProblem(`channel ${attributes.name}: ${NOT_RECLAIMABLE}`);
    else source.memory.reclaimReleased();
  }
  const description: StreamDescription = {
    ...identityOf(channel, request),
    name: streamNameOf(channel.request, request),
    channel: attributes,
  };
  if (output === undefined) throw new TypeError('rings of a flight recorder are not drained');
  const stream = yield* settled(output.openStream(description));
  try {
    const drain = yield* StreamDrain.open({
      source,
      output: stream,
      owner,
      continuesTrace: true,
      reclaims,
      nowMs,
      // Node.js reads no other clock of traces.
      nowCycles: () => (trace.clock === 'monotonic' ? monotonicNs() : undefined),
      onProblem,
      onDamaged,
    });
    session.addStream(channel.request.trace, stream.location, drain.statistics, stream);
    return drain;
  } catch (error) {
    stream.close();
    throw error;
  }
}
