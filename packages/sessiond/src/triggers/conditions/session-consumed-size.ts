import { describeError, type Timer, type Timers } from '@ringtail/base';
import type { Log } from '../../log/log.ts';
import type { Session } from '../../model/session.ts';
import type { ConditionSource, FindSession, Occurred, WatchedTrigger } from './condition-source.ts';

/** The period of LTTng's monitor timer. */
const CHECK_PERIOD_MS = 1000;

export interface ConsumedSizeSourceOptions {
  readonly findSession: FindSession;
  /** Bytes of all data stream files since the session was created. */
  readonly recordedBytes: (session: Session) => Promise<number>;
  readonly timers: Pick<Timers, 'after'>;
  readonly log: Log;
}

type Kind = 'session-consumed-size';

interface Watched {
  readonly trigger: WatchedTrigger<Kind>;
  readonly occurred: Occurred;
  /** The session for which it has held: once for each session with the name. */
  heldFor: Session | undefined;
}

/** Checks the sizes of sessions once a second, each session once for all its triggers. */
export class ConsumedSizeSource implements ConditionSource<Kind> {
  readonly #options: ConsumedSizeSourceOptions;
  readonly #watched = new Set<Watched>();
  readonly #checking = new WeakSet<Session>();
  #timer: Timer | undefined;

  constructor(options: ConsumedSizeSourceOptions) {
    this.#options = options;
  }

  start(trigger: WatchedTrigger<Kind>, occurred: Occurred): () => void {
    const watched: Watched = { trigger, occurred, heldFor: undefined };
    this.#watched.add(watched);
    this.#timer ??= this.#later();
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    };
  }

  #later(): Timer {
    return this.#options.timers.after(CHECK_PERIOD_MS, () => {
      this.#timer = this.#later();
      this.#check();
    });
  }

  #check(): void {
    const waiting = new Map<Session, Watched[]>();
    for (const watched of this.#watched) {
      const { condition, owner } = watched.trigger;
      const session = this.#options.findSession(condition.session, owner);
      if (session === undefined || session === watched.heldFor || !session.traced) continue;
      waiting.set(session, [...(waiting.get(session) ?? []), watched]);
    }
    for (const [session, ofSession] of waiting) void this.#checkSize(session, ofSession);
  }

  async #checkSize(session: Session, waiting: readonly Watched[]): Promise<void> {
    // A slow consumer gets the next request after its answer.
    if (this.#checking.has(session)) return;
    this.#checking.add(session);
    try {
      const bytes = await this.#options.recordedBytes(session);
      for (const watched of waiting) {
        const { condition } = watched.trigger;
        if (bytes < condition.bytes || !this.#watched.has(watched)) continue;
        watched.heldFor = session;
        watched.occurred(1, [], { session: session.name, bytes });
      }
    } catch (error) {
      this.#options.log.debug(`session ${session.name}: its size cannot be known: ${describeError(error)}`);
    } finally {
      this.#checking.delete(session);
    }
  }
}
