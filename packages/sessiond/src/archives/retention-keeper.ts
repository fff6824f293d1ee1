import { describeError, type Timer, type Timers } from '@ringtail/base';
import type { SessionOutputs } from '../helpers/session-outputs.ts';
import type { PeerLog } from '../log/peer-log.ts';
import type { KeptArchive, KeptArchives } from '../model/kept-archives.ts';
import type { Session } from '../model/session.ts';
import { KEPT_ARCHIVES_MAX, KEPT_UNLIMITED_MAX } from '../shares/limits.ts';
import type { PoolUsers } from '../shares/shared-pool.ts';

/** Archives get old, and readers end, while nothing is archived. */
const CHECK_PERIOD_MS = 60_000;

export interface RetentionKeeperOptions {
  readonly sessions: () => readonly Session[];
  readonly outputs: Pick<SessionOutputs, 'removeArchive' | 'measureArchive' | 'findEarlierSnapshots'>;
  /** The user that a number stands for; numbers of one user have one share. */
  readonly userBehind: PoolUsers['userBehind'];
  readonly timers: Timers;
  readonly now: () => Date;
  readonly log: PeerLog;
}

/**
 * Removes the archives and snapshots of sessions that are beyond their limits, the oldest first.
 *
 * It works behind all commands: recording and rotation never wait for a removal. What cannot be removed now, since it
 * is being read or the removal fails, is tried again with each check.
 */
export class RetentionKeeper {
  readonly #options: RetentionKeeperOptions;
  readonly #working = new Set<Session>();
  readonly #waiting = new Set<Session>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: RetentionKeeperOptions) {
    this.#options = options;
  }

  /** Takes note of a complete archive or snapshot, and checks the session. */
  completed(session: Session, kept: KeptArchives, path: string): void {
    kept.add({ path, completedMs: this.#options.timers.nowMs(), bytes: null });
    const [oldest] = kept.oldestFirst;
    const isFull = this.#room(session) < 0;
    if (oldest !== undefined && (isFull || (!kept.isLimited && kept.oldestFirst.length > KEPT_UNLIMITED_MAX))) {
      kept.delete(oldest);
      if (kept.isLimited) this.#report(session, 'its archives are too many to be remembered: the oldest stay');
    }
    this.check(session);
  }

  /** Checks a session, now or after the check that is under way. */
  check(session: Session): void {
    this.#waiting.add(session);
    if (!this.#working.has(session)) void this.#work(session);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  /** Number of further archives that the session's user may have remembered. */
  #room({ owner }: Session): number {
    const { sessions, userBehind } = this.#options;
    let own = 0;
    let others = 0;
    for (const each of sessions()) {
      const count = each.archive.kept.reduce((sum, kept) => sum + kept.oldestFirst.length, 0);
      if (userBehind(each.owner.uid) === userBehind(owner.uid)) own += count;
      else others += count;
    }
    return Math.floor((KEPT_ARCHIVES_MAX - others) / 2) - own;
  }

  async #work(session: Session): Promise<void> {
    this.#working.add(session);
    try {
      while (this.#waiting.delete(session)) {
        for (const kept of session.archive.kept) if (kept.isLimited) await this.#apply(session, kept);
      }
    } finally {
      this.#working.delete(session);
    }
    this.#checkLater();
  }

  #checkLater(): void {
    const limited = () => this.#options.sessions().filter(({ archive }) => archive.kept.some((kept) => kept.isLimited));
    if (this.#isClosed || this.#timer !== undefined || limited().length === 0) return;
    this.#timer = this.#options.timers.after(CHECK_PERIOD_MS, () => {
      this.#timer = undefined;
      for (const session of limited()) this.check(session);
    });
  }

  async #apply(session: Session, kept: KeptArchives): Promise<void> {
    const { outputs, timers } = this.#options;
    await this.#addEarlier(session, kept);
    for (const archive of kept.unmeasured) {
      await this.#attempt(session, `the size of ${archive.path} is unknown`, async () => {
        archive.bytes = await outputs.measureArchive(session, archive.path);
      });
    }
    for (const archive of kept.beyond(timers.nowMs())) {
      await this.#attempt(session, `${archive.path} could not be removed`, () => this.#remove(session, kept, archive));
    }
  }

  /** The limits hold for the snapshots of a session that was loaded again, as after a restart of the machine. */
  async #addEarlier(session: Session, kept: KeptArchives): Promise<void> {
    const place = kept.unsearched;
    if (place === undefined) return;
    const { outputs, timers, now } = this.#options;
    await this.#attempt(session, `earlier snapshots in ${place.path} were not found`, async () => {
      const found = await outputs.findEarlierSnapshots(session, place);
      kept.unsearched = undefined;
      const age = (completedMs: number) => Math.max(0, now().getTime() - completedMs);
      const nowMs = timers.nowMs();
      const newest = found.slice(Math.max(0, found.length - this.#room(session)));
      kept.addEarlier(
        newest.map((one) => ({ path: one.path, completedMs: nowMs - age(one.completedMs), bytes: null })),
      );
    });
  }

  async #remove(session: Session, kept: KeptArchives, archive: KeptArchive): Promise<void> {
    const { path } = archive;
    const log = this.#options.log.of(session.owner.uid, 'archives');
    const removal = await this.#options.outputs.removeArchive(session, path);
    if (removal.kind === 'being read') {
      log.info(`session ${session.name}: ${path} is being read, and is removed later`);
      return;
    }
    kept.delete(archive);
    if (removal.kind === 'foreign') {
      const foreign = JSON.stringify(removal.name);
      this.#report(session, `${path} stays: it contains ${foreign}, which the session did not make`);
    } else if (removal.kind === 'removed') {
      session.archive.removed++;
      log.info(`session ${session.name}: removed ${path}, which was beyond its limits`);
    }
  }

  async #attempt(session: Session, failure: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#report(session, `${failure}: ${describeError(error)}`);
    }
  }

  /** Each sentence once: the next checks fail in the same way. */
  #report(session: Session, sentence: string): void {
    if (session.troubles.has(sentence)) return;
    session.troubles.add(sentence);
    this.#options.log.of(session.owner.uid, 'archives').error(`session ${session.name}: ${sentence}`);
  }
}
