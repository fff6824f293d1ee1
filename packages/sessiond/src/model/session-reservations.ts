import { relative } from 'node:path';
import { type Destination, DOMAIN_DIRECTORIES } from '@ringtail/protocol';
import type { SharedPool } from '../shares/shared-pool.ts';
import { DaemonError } from './daemon-error.ts';
import { directoryOf } from './destination.ts';
import { concernsUser, type Owner } from './owner.ts';
import { mayUse, type Session, type SessionParameters } from './session.ts';

/** Name and directories of a session, which may be in the way of other sessions. */
export type WantedSession = Pick<SessionParameters, 'name' | 'output' | 'shmPath' | 'snapshot' | 'owner'>;

/** Decides whether a session may be created beside the sessions that exist or are being created. */
export class SessionReservations {
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #pool: SharedPool;
  readonly #reserved = new Set<WantedSession>();

  /** @param pool numbers of sessions */
  constructor(sessions: ReadonlyMap<string, Session>, pool: SharedPool) {
    this.#sessions = sessions;
    this.#pool = pool;
  }

  /**
   * Reserves the name and directories of a session whose output directory is still to be made.
   *
   * @returns ends the reservation
   * @throws {DaemonError} as {@link SessionReservations.admit}
   */
  reserve(wanted: WantedSession): () => void {
    const { owner } = wanted;
    this.admit(wanted);
    this.#reserved.add(wanted);
    this.#pool.take(owner.uid, 1);
    return () => {
      if (this.#reserved.delete(wanted)) this.#pool.give(owner.uid, 1);
    };
  }

  /** Whether a session of this daemon writes to that directory, or is about to. */
  writesTo(output: Destination): boolean {
    return this.#all().some((other) => !other.snapshot && directoryOf(other.output) === directoryOf(output));
  }

  /** Sessions that are being destroyed and still have the name or a directory of a wanted session. */
  leavingBefore(wanted: Omit<WantedSession, 'owner'>, user: Owner): Session[] {
    return [...this.#sessions.values()].filter(
      (other) =>
        other.leaving &&
        mayUse(other, user) &&
        (other.name === wanted.name ||
          directoryOf(other.output) === directoryOf(wanted.output) ||
          sharesRingFiles(other, wanted)),
    );
  }

  /** @throws {DaemonError} `SESSION_EXISTS`, `NAME_TAKEN`, `TOO_MANY`, `OUTPUT_IN_USE` */
  admit(wanted: WantedSession): void {
    const { owner } = wanted;
    this.#admitName(wanted);
    const refusal = this.#pool.refusalOf(owner.uid, 1);
    if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    for (const other of this.#all()) {
      if (sharesRingFiles(other, wanted)) {
        throw new DaemonError('OUTPUT_IN_USE', `the session ${other.name} has its ring files in the same directory`);
      }
      if (isInsideTrace(other, wanted)) {
        throw new DaemonError(
          'OUTPUT_IN_USE',
          `${directoryOf(wanted.output)} is inside of the trace of the session ${other.name}`,
        );
      }
    }
  }

  #admitName({ name, owner }: WantedSession): void {
    const namesake = this.#sessions.get(name) ?? this.#all().find((other) => other.name === name);
    if (namesake === undefined) return;
    if (!concernsUser(owner, namesake.owner.uid)) {
      throw new DaemonError('NAME_TAKEN', `the name ${name} is taken by a session of another user`);
    }
    if (owner.uid !== namesake.owner.uid) {
      throw new DaemonError('NAME_TAKEN', `there is a session ${name} of user ${namesake.owner.uid} already`);
    }
    const state = this.#sessions.has(name) ? `there is a session ${name}` : `a session ${name} is being created`;
    throw new DaemonError('SESSION_EXISTS', `${state} already`);
  }

  #all(): WantedSession[] {
    return [...this.#sessions.values(), ...this.#reserved];
  }
}

type Directories = Pick<SessionParameters, 'output' | 'shmPath'>;

function sharesRingFiles(one: Directories, { shmPath }: Directories): boolean {
  return shmPath !== null && one.shmPath === shmPath;
}

/** A rotation moves the directories of domains, and a clear removes files in them: no other session may write there. */
function isInsideTrace(one: Directories, { output }: Directories): boolean {
  if (one.output === null || output === null) return false;
  const [below] = relative(directoryOf(one.output), directoryOf(output)).split('/');
  return below !== undefined && DOMAIN_DIRECTORIES.includes(below);
}
