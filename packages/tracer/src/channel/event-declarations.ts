import { now } from '@ringtail/base/node';
import { APP_FRAME_BYTES_MAX, type JsonValue } from '@ringtail/protocol';
import type { DaemonLink, PendingReply } from '../daemon/daemon-link.ts';
import { declareTimeoutMs } from '../daemon/daemon-timeouts.ts';
import { settings } from '../host/inheritance.ts';
import type { Site } from '../recorder/tracepoint-function.ts';

/** Limit for how long a tracepoint waits for its identifier, in milliseconds; −1: none. */
const declareTimeout = declareTimeoutMs(settings());
/** How often the socket is read for an answer that is late. */
const POLL_AFTER_MS = 10;
/** Delay of the next declaration after one that the daemon refused: doubled each time. */
const RETRY_AFTER_MS_MIN = 1000;
const RETRY_AFTER_MS_MAX = 32_000;
/** Event record headers have room for no larger identifier. */
const ID_MAX = 2 ** 32 - 1;
/** Events in one message, so that frames stay well below their limit. */
const DECLARE_BATCH = 256;

/** The connection over which events are declared. */
export type DeclarationLink = Pick<DaemonLink, 'request' | 'poll'>;

/**
 * The identifiers that the session daemon gives the events of one channel.
 *
 * A declaration waits for its answer, at most `declareTimeout`. A later answer counts as well: it is read by the event
 * loop, or here while events are hit, and nothing is sent again meanwhile.
 */
export class EventDeclarations {
  readonly #link: DeclarationLink;
  readonly #channel: number;
  readonly #now: () => number;
  readonly #ids = new Map<Site, number>();
  /** The declaration whose answer is late. */
  #unanswered: { readonly sites: readonly Site[]; readonly reply: PendingReply } | undefined;
  #pollAt = 0;
  #retryAt = 0;
  #retryAfterMs = RETRY_AFTER_MS_MIN;

  /**
   * @param channel its key at the daemon of `link`
   * @param clock in milliseconds, never going back
   */
  constructor(link: DeclarationLink, channel: number, clock: () => number = now) {
    this.#link = link;
    this.#channel = channel;
    this.#now = clock;
  }

  idOf(site: Site): number | undefined {
    return this.#ids.get(site);
  }

  /**
   * Declares those of the events that have no identifier, unless the last answer is late or was a refusal a short time
   * ago.
   */
  declare(sites: readonly Site[]): void {
    if (!this.#acceptAnswer() || this.#now() < this.#retryAt) return;
    const missing = sites.filter((site) => !this.#ids.has(site));
    for (let i = 0; i < missing.length; i += DECLARE_BATCH) {
      if (!this.#declareBatch(missing.slice(i, i + DECLARE_BATCH))) return;
    }
    this.#retryAfterMs = RETRY_AFTER_MS_MIN;
  }

  /** Whether `declare` would get further than the last time. Reads the socket for a late answer every now and then. */
  mayGetFurther(): boolean {
    const unanswered = this.#unanswered;
    if (unanswered === undefined) return this.#now() >= this.#retryAt;
    if (unanswered.reply.message === undefined && this.#now() >= this.#pollAt) {
      this.#pollAt = this.#now() + POLL_AFTER_MS;
      this.#link.poll();
    }
    return unanswered.reply.message !== undefined;
  }

  #declareBatch(sites: readonly Site[]): boolean {
    const events = sites.map((site) => site.event as unknown as JsonValue);
    if (JSON.stringify(events).length > APP_FRAME_BYTES_MAX / 2 && sites.length > 1) {
      const middle = sites.length >> 1;
      return this.#declareBatch(sites.slice(0, middle)) && this.#declareBatch(sites.slice(middle));
    }
    const reply = this.#link.request({ type: 'declare', channel: this.#channel, events }, declareTimeout);
    if (reply === undefined) return this.#postpone();
    this.#unanswered = { sites, reply };
    return this.#acceptAnswer();
  }

  /** Takes the identifiers from the answer to the last declaration. @returns false if it is late or has none */
  #acceptAnswer(): boolean {
    if (this.#unanswered === undefined) return true;
    const { sites, reply } = this.#unanswered;
    if (reply.message === undefined) return false;
    this.#unanswered = undefined;
    const ids: unknown = reply.message.type === 'declared' ? reply.message.ids : undefined;
    if (!Array.isArray(ids) || ids.length !== sites.length || !ids.every(isIdentifier)) return this.#postpone();
    sites.forEach((site, i) => {
      this.#ids.set(site, ids[i]);
    });
    return true;
  }

  #postpone(): false {
    this.#retryAt = this.#now() + this.#retryAfterMs;
    this.#retryAfterMs = Math.min(this.#retryAfterMs * 2, RETRY_AFTER_MS_MAX);
    return false;
  }
}

/** Identifiers become source text of recorders. */
function isIdentifier(id: unknown): boolean {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) <= ID_MAX;
}
