import type { NewSnapshotOutput, SnapshotOutput } from '@ringtail/protocol';
import { jsonWeight } from '../shares/memory-weight.ts';
import { PoolHolding } from '../shares/pool-holding.ts';
import type { Shares } from '../shares/shares.ts';
import { DaemonError } from './daemon-error.ts';
import type { Owner } from './owner.ts';
import { type ClockReading, mayUse, type Session, type SessionParameters } from './session.ts';
import { SessionArchive } from './session-archive.ts';
import { SessionReservations } from './session-reservations.ts';
import { Troubles } from './troubles.ts';

/** The sessions: decides about commands, without any effects outside the model. */
export class SessionRegistry {
  readonly reservations: SessionReservations;
  readonly #sessions = new Map<string, Session>();
  readonly #shares: Pick<Shares, 'sessions' | 'sessionParts'>;
  readonly #onTrouble: (session: Session, sentence: string) => void;

  /** @param onTrouble called with each new trouble of a session */
  constructor(
    shares: Pick<Shares, 'sessions' | 'sessionParts'>,
    onTrouble: (session: Session, sentence: string) => void = () => {},
  ) {
    this.#shares = shares;
    this.#onTrouble = onTrouble;
    this.reservations = new SessionReservations(this.#sessions, shares.sessions);
  }

  /** @throws {DaemonError} as {@link SessionReservations.admit} */
  create(parameters: SessionParameters, createdAt: Date, clockReading: ClockReading): Session {
    this.reservations.admit(parameters);
    const { name, output } = parameters;
    // Without an output nothing drains the rings: a flight recorder without a place for its snapshots.
    const actual = { ...parameters, snapshot: parameters.snapshot || output === null };
    const session: Session = {
      ...actual,
      createdAt,
      clockReading,
      archive: new SessionArchive(actual),
      troubles: new Troubles((sentence) => this.#onTrouble(session, sentence)),
      holding: new PoolHolding(this.#shares.sessionParts),
      active: false,
      leaving: false,
      started: false,
      traced: false,
    };
    this.#sessions.set(name, session);
    this.#shares.sessions.take(session.owner.uid, 1);
    return session;
  }

  /** The session of that name, if this user may see and change it. */
  sessionOf(name: string, user: Owner): Session {
    const session = this.#sessions.get(name);
    if (session === undefined || session.leaving || !mayUse(session, user)) {
      throw new DaemonError('NO_SUCH_SESSION', `there is no session ${name}`);
    }
    return session;
  }

  sessions(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  remove(session: Session): void {
    this.#sessions.delete(session.name);
    this.#shares.sessions.give(session.owner.uid, 1);
    session.holding.giveBackAll();
  }

  addSnapshotOutput({ archive, holding, owner }: Session, parameters: NewSnapshotOutput): SnapshotOutput {
    const output = archive.addOutput(parameters);
    const refusal = holding.take(owner.uid, jsonWeight(output));
    if (refusal === undefined) return output;
    archive.deleteOutput(output.id);
    throw new DaemonError('TOO_MANY', refusal);
  }

  /** @param key identifier or name */
  deleteSnapshotOutput({ archive, holding, owner }: Session, key: number | string): void {
    holding.giveBack(owner.uid, jsonWeight(archive.deleteOutput(key)));
  }

  start(session: Session): void {
    if (session.active) throw new DaemonError('ALREADY_STARTED', `the session ${session.name} is started already`);
    session.active = true;
    session.started = true;
  }

  stop(session: Session): void {
    if (!session.active) throw new DaemonError('ALREADY_STOPPED', `the session ${session.name} is not started`);
    session.active = false;
  }

  countFor(user: Owner): number {
    return this.visibleTo(user).length;
  }

  /** The sessions that this user may see. */
  visibleTo(user: Owner): Session[] {
    return this.sessions().filter((session) => !session.leaving && mayUse(session, user));
  }
}
