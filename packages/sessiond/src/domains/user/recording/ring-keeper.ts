import { closeSync, fstatSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { OpenRingRequest, RingMemory } from '@ringtail/protocol';
import type { ConsumerRefusal } from '../../../consumer/consumer-refusal.ts';
import type { Consumers } from '../../../consumer/consumers.ts';
import type { PeerLog } from '../../../log/peer-log.ts';
import type { ApplicationProcess } from '../../../model/application-process.ts';
import type { Session } from '../../../model/session.ts';
import { ENDED_RINGS_BYTES_MAX, ENDED_RINGS_MAX } from '../../../shares/limits.ts';
import type { SharedPool } from '../../../shares/shared-pool.ts';
import type { Trace, TraceChannel } from '../part/user-part.ts';

/** The thread that made a ring. */
export interface RingOwner {
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
  readonly process: Pick<ApplicationProcess, 'program'>;
}

export interface Ring {
  readonly key: number;
  readonly channel: TraceChannel;
  readonly owner: RingOwner;
  /** Keeps the ring's memory alive after its thread ends; the consumer opens the ring by it. */
  readonly descriptor: number;
  /**
   * `opening`: the consumer has not opened it yet. `ended`: its thread has ended; its events are kept for snapshots, or
   * until the consumer has opened it. `closing`: the consumer drains the rest.
   */
  state: 'opening' | 'open' | 'ended' | 'closing' | 'closed';
  /** Whether the consumer has opened it. */
  opened: boolean;
  /** Called once, when it is closed, so that its thread forgets it. */
  readonly onReleased: (ring: Ring) => void;
}

/** The consumer's code for a ring whose files cannot be written. */
const NOT_WRITTEN = 'NOT_WRITTEN';
const BLOCK_BYTES = 512;

/** The descriptors of rings: open until the consumer has drained the ring, or until its events are given up. */
export class RingKeeper {
  readonly #consumers: Consumers;
  readonly #pool: SharedPool;
  readonly #log: PeerLog;
  /** Oldest first. */
  readonly #rings = new Set<Ring>();
  /** Rings of ended threads of flight recorders, in the order of their ends. */
  readonly #ended = new Map<Session, Set<Ring>>();
  /** Callbacks for traces that get no more rings, called when the last ring is closed. */
  readonly #waiting = new Map<Trace, () => void>();
  #nextKey = 1;

  /** @param pool numbers of rings */
  constructor(consumers: Consumers, pool: SharedPool, log: PeerLog) {
    this.#consumers = consumers;
    this.#pool = pool;
    this.#log = log;
  }

  /**
   * Keeps a ring and has the consumer drain it. @returns undefined, with the descriptor closed, if the share is used up
   */
  open(
    channel: TraceChannel,
    descriptor: number,
    bytes: number,
    owner: RingOwner,
    onReleased: Ring['onReleased'] = () => {},
  ): Ring | undefined {
    const { uid } = channel.trace;
    let refusal = this.#pool.take(uid, 1);
    // A ring that is given up frees its place once the consumer has drained it: a later ring may find room.
    if (refusal !== undefined && this.#closeOldestEndedOf(uid)) refusal = this.#pool.take(uid, 1);
    if (refusal !== undefined) {
      closeSync(descriptor);
      this.#trouble(
        channel.trace.session,
        `rings of user ${uid} are lost: ${this.#pool.nameShare(uid)} is used up (SHARE_USED_UP)`,
      );
      return undefined;
    }
    const {
      pid,
      tid,
      procname,
      process: { program },
    } = owner;
    const key = this.#nextKey++;
    const ring: Ring = { key, channel, owner, descriptor, state: 'opening', opened: false, onReleased };
    this.#rings.add(ring);
    this.#openAtConsumer(ring, {
      type: 'open-ring',
      channel: channel.key,
      ring: ring.key,
      streamInstanceId: channel.trace.nextStreamInstanceId++,
      source: {
        kind: 'thread-ring',
        path: `/proc/${process.pid}/fd/${descriptor}`,
        bytes,
        pid,
        tid,
        procname,
        program,
      },
    });
    return ring;
  }

  /**
   * The ring's thread has ended, or has another ring: the consumer drains the rest. Flight recorders keep it for a
   * while.
   */
  close(ring: Ring): void {
    if (ring.state !== 'open' && ring.state !== 'opening') return;
    ring.state = 'ended';
    if (ring.channel.trace.session.snapshot) this.#keepEnded(ring);
    else if (ring.opened) this.#close(ring);
  }

  /** Memory of each ring of a session, oldest first. */
  memoryOf(session: Session): Omit<RingMemory, 'domain'>[] {
    const rings = [...this.#rings].filter(({ channel }) => channel.trace.session === session);
    return rings.map((ring) => {
      const { channel, trace } = ring.channel;
      const { name, subBufBytes, subBufCount } = channel.attributes;
      const { process, ...owner } = ring.owner;
      return {
        channel: name,
        uid: trace.uid,
        ...owner,
        program: process.program,
        usedBytes: usedBytesOf(ring),
        ringBytes: subBufBytes * subBufCount,
      };
    });
  }

  /** Closes the rings of ended threads that the session kept. */
  releaseEndedOf(session: Session): void {
    for (const ring of this.#ended.get(session) ?? []) this.#close(ring);
    this.#ended.delete(session);
  }

  /** The consumer has closed the session, and its rings with it. */
  releaseAllOf(session: Session): void {
    this.#ended.delete(session);
    for (const ring of this.#rings) if (ring.channel.trace.session === session) this.#release(ring);
  }

  /** Resolves when the trace, which gets no more rings, has none left. */
  allClosed(trace: Trace): Promise<void> {
    if (!this.#hasRings(trace)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(trace, resolve));
  }

  #hasRings(trace: Trace): boolean {
    for (const { channel } of this.#rings) if (channel.trace === trace) return true;
    return false;
  }

  #openAtConsumer(ring: Ring, request: OpenRingRequest): void {
    this.#consumers
      .of(ring.channel.trace.session.owner)
      .setUp(request, (refusal) => this.#waitsFor(ring, refusal))
      .then(
        () => {
          ring.opened = true;
          if (ring.state === 'opening') ring.state = 'open';
          else if (ring.state === 'ended' && !ring.channel.trace.session.snapshot) this.#close(ring);
        },
        (error: unknown) => this.#refused(ring, error),
      );
  }

  /** A full disk may have room later: until then the ring keeps the events. */
  #waitsFor(ring: Ring, refusal: ConsumerRefusal): boolean {
    if (refusal.code !== NOT_WRITTEN || ring.state === 'closed' || ring.state === 'closing') return false;
    this.#trouble(ring.channel.trace.session, `rings wait for their files: ${refusal.message}`);
    return true;
  }

  #refused(ring: Ring, error: unknown): void {
    if (ring.state === 'closed' || ring.state === 'closing') return;
    const { session } = ring.channel.trace;
    this.#lost(session, ring.owner, describeError(error));
    this.#ended.get(session)?.delete(ring);
    this.#release(ring);
  }

  #keepEnded(ring: Ring): void {
    const { session } = ring.channel.trace;
    const kept = this.#ended.get(session) ?? new Set();
    this.#ended.set(session, kept);
    kept.add(ring);
    let bytes = 0;
    let count = 0;
    // Newest first: rings beyond the limits ended longest ago.
    for (const each of [...kept].reverse()) {
      bytes += usedBytesOf(each);
      count++;
      if (count > ENDED_RINGS_MAX || bytes > ENDED_RINGS_BYTES_MAX) this.#giveUp(each, kept);
    }
  }

  #closeOldestEndedOf(uid: number): boolean {
    for (const ring of this.#rings) {
      if (ring.channel.trace.uid !== uid) continue;
      const kept = this.#ended.get(ring.channel.trace.session);
      if (kept?.has(ring)) {
        this.#giveUp(ring, kept);
        return true;
      }
    }
    return false;
  }

  #giveUp(ring: Ring, kept: Set<Ring>): void {
    const { session } = ring.channel.trace;
    kept.delete(ring);
    session.troubles.add('threads have ended whose events no later snapshot has: the rings of too many were kept');
    this.#log
      .of(session.owner.uid, 'rings')
      .warn(`session ${session.name}: the ring of process ${ring.owner.pid}, which has ended, is given up`);
    this.#close(ring);
  }

  #close(ring: Ring): void {
    if (ring.state === 'closing' || ring.state === 'closed') return;
    ring.state = 'closing';
    const link = this.#consumers.of(ring.channel.trace.session.owner);
    void link.performPatiently({ type: 'close-ring', ring: ring.key }).then((reply) => {
      if (!reply.ok)
        this.#log.of(ring.channel.trace.uid, 'rings').error(`ring ${ring.key} could not be closed: ${reply.message}`);
      this.#release(ring);
    });
  }

  #release(ring: Ring): void {
    if (ring.state === 'closed') return;
    ring.state = 'closed';
    this.#rings.delete(ring);
    closeSync(ring.descriptor);
    ring.onReleased(ring);
    this.#pool.give(ring.channel.trace.uid, 1);
    const { trace } = ring.channel;
    const done = this.#waiting.get(trace);
    if (done === undefined || this.#hasRings(trace)) return;
    this.#waiting.delete(trace);
    done();
  }

  #lost(session: Session, { pid }: RingOwner, why: string): void {
    session.troubles.addOfProgram(pid, `a ring of process ${pid} is lost: ${why} (RING_LOST)`);
    this.#log.of(session.owner.uid, 'rings').error(`session ${session.name}: a ring of process ${pid} is lost: ${why}`);
  }

  #trouble(session: Session, sentence: string): void {
    session.troubles.add(sentence);
    this.#log.of(session.owner.uid, 'rings').error(`session ${session.name}: ${sentence}`);
  }
}

/** Memory of a ring, which is the part that was written. */
function usedBytesOf({ descriptor }: Ring): number {
  return fstatSync(descriptor).blocks * BLOCK_BYTES;
}
