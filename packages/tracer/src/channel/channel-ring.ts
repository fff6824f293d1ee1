import { describeError } from '@ringtail/base';
import { uuidBytes } from '@ringtail/ctf';
import { monotonicOffsetNs } from '@ringtail/posix';
import type { DesiredChannel } from '@ringtail/protocol';
import { type BlockingOptions, createRing, type Ring, RingClock, RingMode, type RingOptions } from '@ringtail/ringbuf';
import { type ThreadClock, threadClock } from '../clock/thread-clock.ts';
import type { ContextSource } from '../context/context-source.ts';
import { recordedSources } from '../context/look-up-context.ts';
import { settings } from '../host/inheritance.ts';
import { memoryName } from '../host/worker-cleanup.ts';

/** LTTng's `LTTNG_UST_ALLOW_BLOCKING`: the user who starts a program decides whether tracing may ever hold it up. */
const mayBlock = settings().RINGTAIL_ALLOW_BLOCKING !== undefined;

export interface ThreadIdentity {
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
}

/**
 * The ring of a channel in this thread, and what its recorders need beside it. Neither changes once there are records.
 */
export interface ChannelRing {
  readonly ring: Ring;
  readonly clock: ThreadClock;
  readonly contexts: readonly ContextSource[];
}

export interface ChannelRingOptions {
  readonly identity: ThreadIdentity;
  readonly wakeConsumer: () => void;
  /** Whether a consumer may still empty the ring; read while an event waits for room. */
  readonly isConsumed: () => boolean;
  /** Reports a problem to the daemon. */
  readonly report: (code: string, message: string) => void;
}

/** @returns undefined if the channel cannot be recorded into, which has been reported */
export function makeChannelRing(desired: DesiredChannel, options: ChannelRingOptions): ChannelRing | undefined {
  const { report } = options;
  const clock = clockOf(desired, report);
  if (clock === undefined) {
    report('NO_CLOCK', `this thread cannot read the ${desired.clock} clock: install the clock addon`);
    return undefined;
  }
  let contexts: readonly ContextSource[];
  try {
    contexts = recordedSources(desired.contexts);
  } catch (error) {
    report('NO_CONTEXT', describeError(error));
    return undefined;
  }
  try {
    return { ring: createRing(ringOptions(desired, options)), clock, contexts };
  } catch (error) {
    report('NO_RING', `no ring buffer for channel ${desired.name}: ${describeError(error)}`);
    return undefined;
  }
}

function clockOf(desired: DesiredChannel, report: ChannelRingOptions['report']): ThreadClock | undefined {
  const offsetNs = monotonicOffsetNs();
  if (offsetNs === undefined && desired.clock === 'monotonic') {
    report('CLOCK_DIFFERS', 'the time namespace of this thread is unknown: its events may have other times');
  }
  return threadClock(desired.clock, (desired.monotonicOffsetNs ?? 0) - (offsetNs ?? 0));
}

function ringOptions(desired: DesiredChannel, { identity, wakeConsumer, isConsumed }: ChannelRingOptions): RingOptions {
  return {
    subBufBytes: desired.subBufBytes,
    subBufCount: desired.subBufCount,
    recordsBytesMax: desired.recordsBytesMax,
    mode: desired.mode === 'overwrite' ? RingMode.OVERWRITE : RingMode.DISCARD,
    clock: desired.clock === 'tsc' ? RingClock.TSC : RingClock.MONOTONIC,
    streamClassId: desired.streamClassId,
    uuid: uuidBytes(desired.traceUuid),
    ...identity,
    ...placeOf(desired, identity),
    onSubBufClosed: wakeConsumer,
    blocking: blockingOf(desired, wakeConsumer, isConsumed),
    preallocate: desired.preallocation === 'preallocate',
  };
}

/** A memfd, or a file that `ringtail crash` finds. Either name has the thread's identifier. */
function placeOf(
  { ringDirectory, name, key }: DesiredChannel,
  { pid, tid }: ThreadIdentity,
): { name: string; directory?: string } {
  if (ringDirectory === null) return { name: memoryName('ring', tid) };
  return { name: `${name}_${pid}-${tid}-${key}.ring`, directory: ringDirectory };
}

function blockingOf(
  { blockingTimeoutUs }: DesiredChannel,
  wakeConsumer: () => void,
  isConsumed: () => boolean,
): BlockingOptions | undefined {
  if (!mayBlock || blockingTimeoutUs === 0) return undefined;
  return { timeoutUs: blockingTimeoutUs, wakeConsumer, isConsumed };
}
