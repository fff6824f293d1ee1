import { describeError, type Timer, type Timers } from '@ringtail/base';
import type { PeerLog } from '../log/peer-log.ts';
import type { Session } from '../model/session.ts';

const CHECK_PERIOD_MS = 1000;

export interface RotationSchedulerOptions {
  readonly sessions: () => readonly Session[];
  /** Bytes of all data stream files since the session was created. */
  readonly recordedBytes: (session: Session) => Promise<number>;
  /** Rotates a session after all earlier commands on it. */
  readonly rotate: (session: Session) => Promise<unknown>;
  readonly timers: Timers;
  readonly log: PeerLog;
}

/** State of one session's schedule. `bytesBefore` is the size from which growth counts; null: not known yet. */
interface Progress {
  timerUs: number | null;
  dueMs: number;
  bytesBefore: number | null;
  rotations: number;
  rotating: boolean;
}

/**
 * Rotates active sessions by their schedules: by time when it is due, by size as a check once a second finds it.
 *
 * A session has one rotation at a time. As with LTTng, a rotation by command restarts the size, but not the time.
 */
export class RotationScheduler {
  readonly #options: RotationSchedulerOptions;
  readonly #progress = new Map<Session, Progress>();
  #timer: Timer | undefined;

  constructor(options: RotationSchedulerOptions) {
    this.#options = options;
  }

  /** Checks all sessions now, and periodically from now on. Called when a session may have changed. */
  check(): void {
    this.#timer?.cancel();
    const { timers } = this.#options;
    const now = timers.nowMs();
    const active = this.#options.sessions().filter(isScheduled);
    for (const session of this.#progress.keys()) if (!active.includes(session)) this.#progress.delete(session);
    let nextMs = Number.POSITIVE_INFINITY;
    for (const session of active) nextMs = Math.min(nextMs, this.#checkSession(session, now));
    const delayMs = Math.min(CHECK_PERIOD_MS, Math.max(1, nextMs - now));
    this.#timer = active.length === 0 ? undefined : timers.after(delayMs, () => this.check());
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** @returns the time of the next check */
  #checkSession(session: Session, now: number): number {
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
      // The first check sets the start; so does a smaller size than before, since the session was cleared.
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
      // The session may have been stopped or destroyed by now.
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

/** The next multiple of the period that is in the future: missed rotations are not made up for. */
function nextDue(dueMs: number, periodMs: number, now: number): number {
  const periods = Math.floor((now - dueMs) / periodMs) + 1;
  return dueMs + periods * periodMs;
}
