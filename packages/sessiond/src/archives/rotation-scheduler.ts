import { describeError, type Timer, type Timers } from '@ringtail/base';
import type { PeerLog } from '../log/peer-log.ts';
import type { Session } from '../model/session.ts';

const CHECK_PERIOD_MS = 1000;

export interface RotationSchedulerOptions {
  readonly sessions: () => readonly Session[];
  /** Of all data stream files since the session was created. */
  readonly recordedBytes: (session: Session) => Promise<number>;
  /** Rotates after whatever else is being done with the session. */
  readonly rotate: (session: Session) => Promise<unknown>;
  readonly timers: Timers;
  readonly log: PeerLog;
}

/** When the next rotation is due, and from how many bytes on it is counted (null: not asked for yet). */
interface Progress {
  timerUs: number | null;
  dueMs: number;
  bytesBefore: number | null;
  rotations: number;
  rotating: boolean;
}

/**
 * Rotates sessions that are active by their schedules: by time when it is due, by size as a look once a second finds it.
 *
 * A session is rotated once at a time. A rotation by command begins the bytes anew, and leaves the time what it is, as LTTng's.
 */
export class RotationScheduler {
  readonly #options: RotationSchedulerOptions;
  readonly #progress = new Map<Session, Progress>();
  #timer: Timer | undefined;

  constructor(options: RotationSchedulerOptions) {
    this.#options = options;
  }

  /** Looks now, and from now on by itself; called again when a session may have changed. */
  look(): void {
    this.#timer?.cancel();
    const { timers } = this.#options;
    const now = timers.nowMs();
    const active = this.#options.sessions().filter(isScheduled);
    for (const session of this.#progress.keys()) if (!active.includes(session)) this.#progress.delete(session);
    let nextMs = Number.POSITIVE_INFINITY;
    for (const session of active) nextMs = Math.min(nextMs, this.#check(session, now));
    const delayMs = Math.min(CHECK_PERIOD_MS, Math.max(1, nextMs - now));
    this.#timer = active.length === 0 ? undefined : timers.after(delayMs, () => this.look());
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** @returns when to look again. */
  #check(session: Session, now: number): number {
    const { timerUs, sizeBytes } = session.archive.schedule;
    const progress = this.#progressOf(session, now);
    if (progress.rotating) return Number.POSITIVE_INFINITY;
    if (timerUs !== null && now >= progress.dueMs) {
      progress.dueMs = nextDue(progress.dueMs, timerUs / 1000, now);
      void this.#rotate(session, progress);
      return progress.dueMs;
    }
    if (sizeBytes !== null) void this.#checkSize(session, progress, sizeBytes);
    return progress.dueMs;
  }

  #progressOf(session: Session, now: number): Progress {
    const { schedule, rotations } = session.archive;
    const dueMs = schedule.timerUs === null ? Number.POSITIVE_INFINITY : now + schedule.timerUs / 1000;
    const known = this.#progress.get(session);
    if (known === undefined) {
      const fresh = { timerUs: schedule.timerUs, dueMs, bytesBefore: null, rotations, rotating: false };
      this.#progress.set(session, fresh);
      return fresh;
    }
    if (known.timerUs !== schedule.timerUs) {
      known.timerUs = schedule.timerUs;
      known.dueMs = dueMs;
    }
    if (known.rotations !== rotations) {
      known.rotations = rotations;
      known.bytesBefore = session.archive.bytesArchived;
    }
    return known;
  }

  async #checkSize(session: Session, progress: Progress, sizeBytes: number): Promise<void> {
    const { rotations } = progress;
    progress.rotating = true;
    try {
      const bytes = await this.#options.recordedBytes(session);
      // The first look says where it begins, and so does one that finds less than before: the session was cleared.
      if (progress.bytesBefore === null || bytes < progress.bytesBefore) progress.bytesBefore = bytes;
      const grown = bytes - progress.bytesBefore;
      if (grown < sizeBytes || session.archive.rotations !== rotations) return;
    } catch (error) {
      this.#options.log
        .of(session.owner.uid, 'sizes')
        .warn(`session ${session.name}: its size cannot be known: ${describeError(error)}`);
      return;
    } finally {
      progress.rotating = false;
    }
    await this.#rotate(session, progress);
  }

  async #rotate(session: Session, progress: Progress): Promise<void> {
    progress.rotating = true;
    try {
      // By now it may have been stopped, or destroyed.
      if (isScheduled(session)) await this.#options.rotate(session);
    } catch (error) {
      const sentence = `a rotation by its schedule failed: ${describeError(error)}`;
      session.troubles.add(sentence);
      this.#options.log.of(session.owner.uid, 'rotations').error(`session ${session.name}: ${sentence}`);
    } finally {
      progress.rotating = false;
    }
  }
}

function isScheduled({ active, archive }: Session): boolean {
  return active && (archive.schedule.timerUs !== null || archive.schedule.sizeBytes !== null);
}

/** The next multiple of the period that is to come: what was missed is not made up for. */
function nextDue(dueMs: number, periodMs: number, now: number): number {
  const periods = Math.floor((now - dueMs) / periodMs) + 1;
  return dueMs + periods * periodMs;
}
