import { closeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { ConsumerLink } from './consumer-link.ts';
import type { Log } from './log.ts';
import type { Session, TraceChannel } from './session-registry.ts';

/** The thread that made a ring. */
export interface RingOwner {
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
}

export interface Ring {
  readonly key: number;
  readonly channel: TraceChannel;
  /** Ours: keeps a ring's memory alive after its thread, and is what the consumer opens it by. */
  readonly descriptor: number;
  state: 'open' | 'closing' | 'closed';
}

/** The descriptors of rings: open from when they come until the consumer has taken what is in them. */
export class RingKeeper {
  readonly #link: ConsumerLink;
  readonly #ringsMax: number;
  readonly #log: Log;
  readonly #rings = new Set<Ring>();
  #nextKey = 1;

  constructor(link: ConsumerLink, ringsMax: number, log: Log) {
    this.#link = link;
    this.#ringsMax = ringsMax;
    this.#log = log;
  }

  /** Keeps a ring and has the consumer drain it. Undefined, with the descriptor closed, where there is no room for it. */
  open(channel: TraceChannel, descriptor: number, bytes: number, owner: RingOwner): Ring | undefined {
    if (this.#rings.size >= this.#ringsMax) {
      closeSync(descriptor);
      this.#trouble(
        channel.trace.session,
        `a ring of process ${owner.pid} is lost: ${this.#ringsMax} are open already`,
      );
      return undefined;
    }
    const ring: Ring = { key: this.#nextKey++, channel, descriptor, state: 'open' };
    this.#rings.add(ring);
    const answer = this.#link.setUp({
      type: 'open-ring',
      channel: channel.key,
      ring: ring.key,
      path: `/proc/${process.pid}/fd/${descriptor}`,
      bytes,
      streamInstanceId: channel.trace.nextStreamInstanceId++,
      ...owner,
    });
    answer.catch((error: unknown) => {
      this.#trouble(channel.trace.session, `a ring of process ${owner.pid} is lost: ${describeError(error)}`);
      if (ring.state === 'open') this.#release(ring);
    });
    return ring;
  }

  /** Its thread has ended, or uses another one: has the consumer take the rest. */
  close(ring: Ring): void {
    if (ring.state !== 'open') return;
    ring.state = 'closing';
    void this.#link.closeRing(ring.key).then((reply) => {
      if (!reply.ok) this.#log.error(`ring ${ring.key} could not be closed: ${reply.message}`);
      this.#release(ring);
    });
  }

  /** The consumer has closed the session, and its rings with it. */
  releaseAllOf(session: Session): void {
    for (const ring of this.#rings) if (ring.channel.trace.session === session) this.#release(ring);
  }

  #release(ring: Ring): void {
    if (ring.state === 'closed') return;
    ring.state = 'closed';
    this.#rings.delete(ring);
    closeSync(ring.descriptor);
  }

  #trouble(session: Session, sentence: string): void {
    session.troubles.add(sentence);
    this.#log.error(`session ${session.name}: ${sentence}`);
  }
}
