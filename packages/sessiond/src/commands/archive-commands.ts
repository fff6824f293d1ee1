import { describeError } from '@ringtail/base';
import {
  type Destination,
  directoryAt,
  type SessionStatistics,
  type SnapshotOutputParameters,
  type SnapshotRecorded,
} from '@ringtail/protocol';
import { archiveName, snapshotDirectoryName } from '../archives/archive-names.ts';
import type { Result, SessionHandlers } from '../clients/handlers.ts';
import { Underway } from '../clients/underway.ts';
import { DaemonError } from '../model/daemon-error.ts';
import { directoryOf } from '../model/destination.ts';
import type { Session } from '../model/session.ts';
import type { CommandServices } from './command-services.ts';
import type { SessionWork } from './session-work.ts';

/**
 * A snapshot that was asked for without a name, to an output that was not added; those that were are numbered from 1,
 * as LTTng's.
 */
const UNNAMED_SNAPSHOT = 'snapshot-0';

/** Rotation that has begun. */
interface Rotation {
  readonly archive: Destination;
  /** End of the trace chunk. */
  readonly end: Date;
}

/** Snapshots, rotations, and what else is done with everything that a session holds at once. */
export class ArchiveCommands {
  readonly #services: CommandServices;
  readonly #work: SessionWork;

  constructor(services: CommandServices, work: SessionWork) {
    this.#services = services;
    this.#work = work;
  }

  sessionHandlers() {
    return {
      'add-snapshot-output': (session, { output }) => {
        checkFlightRecorder(session);
        const added = this.#services.registry.addSnapshotOutput(session, output);
        this.#services.retention.check(session);
        return added;
      },
      'delete-snapshot-output': (session, { output }) => {
        checkFlightRecorder(session);
        this.#services.registry.deleteSnapshotOutput(session, output);
        return null;
      },
      'record-snapshot': (session, { output, name, maxBytes }) => this.#snapshot(session, output, name, maxBytes),
      'rotate-session': (session) => this.rotate(session),
      'begin-rotation': async (session) => {
        const rotation = await this.#beginRotation(session);
        const work = this.#completeRotation(session, rotation);
        const archive = directoryOf(rotation.archive);
        const what = `the rotation to ${archive} failed`;
        return new Underway({ archive }, this.#work.behindTheAnswer(session, what, work));
      },
      'set-rotation-schedule': (session, { timerUs, sizeBytes }) => {
        checkRotatable(session);
        return session.archive.setSchedule({
          ...(timerUs !== undefined && { timerUs }),
          ...(sizeBytes !== undefined && { sizeBytes }),
        });
      },
      'set-retention': (session, { ageSeconds, count, bytes }) => {
        checkRotatable(session);
        const limits = session.archive.archives.limit({
          ...(ageSeconds !== undefined && { ageSeconds }),
          ...(count !== undefined && { count }),
          ...(bytes !== undefined && { bytes }),
        });
        this.#services.retention.check(session);
        return limits;
      },
      'clear-session': (session) => this.#clear(session),
      'regenerate-metadata': (session) => this.#regenerateMetadata(session),
      'regenerate-statedump': async (session) => {
        if (!session.active) throw new DaemonError('NOT_STARTED', `the session ${session.name} is not started`);
        await this.#services.domains.regenerate(session, 'statedump');
        return null;
      },
    } satisfies Partial<SessionHandlers>;
  }

  /** @throws {DaemonError} `ROTATION_NOT_AVAILABLE`, `NEVER_STARTED`, `ROTATED_ALREADY` */
  async rotate(session: Session): Promise<Result<'rotate-session'>> {
    return await this.#completeRotation(session, await this.#beginRotation(session));
  }

  /** Rotates a session by its schedule, unless it was stopped or destroyed before its turn. */
  async rotateIfActive(session: Session): Promise<void> {
    if (session.active && this.#services.registry.sessions().includes(session)) await this.rotate(session);
  }

  async #beginRotation(session: Session): Promise<Rotation> {
    const output = checkRotatable(session);
    const { archive } = session;
    if (archive.chunkBegin === undefined) neverStarted(session);
    if (!archive.unarchived) {
      throw new DaemonError(
        'ROTATED_ALREADY',
        `the session ${session.name} has recorded nothing since it was archived`,
      );
    }
    const end = this.#services.now();
    const { outputs } = this.#services;
    const destination = outputs.archiveAt(output, archiveName(archive.chunkBegin, end, archive.rotations));
    archive.rotating = true;
    try {
      await this.#services.domains.settle(session);
      // No consumer has the session, so none makes the archive.
      if (!session.traced) await outputs.makeArchive(destination, output, session.owner);
    } catch (error) {
      archive.rotating = false;
      throw error;
    }
    // A trigger that is told of it, and rotates the session, is refused: otherwise there would be no end to it.
    this.#services.rotations.notify(session, 'starts', directoryOf(destination));
    return { archive: destination, end };
  }

  async #completeRotation(session: Session, { archive, end }: Rotation): Promise<Result<'rotate-session'>> {
    const path = directoryOf(archive);
    let statistics: SessionStatistics;
    try {
      statistics = await this.#services.tasks.perform(session, { type: 'rotate', session: session.name, archive });
      session.archive.rotated(path, end, session.active, statistics.bytes);
    } finally {
      session.archive.rotating = false;
    }
    this.#services.notifications.publish(
      { kind: 'rotation-completed', session: session.name, archive: path },
      session.owner.uid,
    );
    this.#services.rotations.notify(session, 'finishes', path);
    this.#services.retention.completed(session, session.archive.archives, path);
    this.#services.log.of(session.owner.uid, 'archives').info(`session ${session.name}: archived ${path}`);
    return { archive: path, statistics };
  }

  /**
   * A session that was rotated has everything in archives when it is destroyed, as LTTng's. The session is stopped.
   *
   * @returns the last archive; undefined where there is nothing to archive
   */
  async archiveRest(session: Session): Promise<string | undefined> {
    if (session.archive.rotations === 0 || !session.archive.unarchived) return undefined;
    try {
      return (await this.rotate(session)).archive;
    } catch (error) {
      const sentence = `the last trace chunk stays where it is: ${describeError(error)}`;
      session.troubles.add(sentence);
      this.#services.log.of(session.owner.uid, 'archives').error(`session ${session.name}: ${sentence}`);
      return undefined;
    }
  }

  /**
   * Records a last snapshot of a flight recorder: the daemon ends, and the rings with it. Where the rings have had no
   * event, there is none. A failure is a line in the log.
   */
  async recordLastSnapshot(session: Session): Promise<void> {
    if (!session.snapshot || !session.traced || session.archive.outputs.length === 0) return;
    try {
      const { eventsRecorded } = await this.#services.tasks.statistics(session);
      if (eventsRecorded > 0) await this.#snapshot(session, null, null, null);
    } catch (error) {
      const sentence = `the last snapshot failed, and the events in its rings are lost: ${describeError(error)}`;
      this.#services.log.of(session.owner.uid, 'snapshots').error(`session ${session.name}: ${sentence}`);
    }
  }

  /** To the output that is given, or to each of the session's. Tells of the first; they all have the same in them. */
  async #snapshot(
    session: Session,
    output: SnapshotOutputParameters | null,
    name: string | null,
    maxBytes: number | null,
  ): Promise<SnapshotRecorded> {
    checkFlightRecorder(session);
    if (!session.started) neverStarted(session);
    const outputs = output === null ? session.archive.outputs : [{ ...output, name: output.name ?? UNNAMED_SNAPSHOT }];
    if (outputs.length === 0) {
      throw new DaemonError(
        'NO_SNAPSHOT_OUTPUT',
        `the session ${session.name} has no snapshot output: add one, or name one`,
      );
    }
    await this.#services.domains.settle(session);
    const recorded: SnapshotRecorded[] = [];
    for (const each of outputs) {
      const destination = await this.#makeSnapshot(session, directoryAt(each.path), name ?? each.name);
      const path = directoryOf(destination);
      const statistics = await this.#services.tasks.perform(session, {
        type: 'snapshot',
        session: session.name,
        destination,
        maxBytes: maxBytes ?? each.maxBytes,
      });
      recorded.push({ path, statistics });
      this.#services.notifications.publish(
        { kind: 'snapshot-recorded', session: session.name, path },
        session.owner.uid,
      );
      this.#services.log
        .of(session.owner.uid, 'snapshots')
        .info(`session ${session.name}: recorded the snapshot ${path}`);
      const kept = 'id' in each ? session.archive.snapshotsAt(each.id) : undefined;
      if (kept !== undefined) this.#services.retention.completed(session, kept, path);
    }
    return recorded[0] as SnapshotRecorded;
  }

  /** Another session may have recorded a snapshot of the same name to the same place in this very second. */
  async #makeSnapshot(session: Session, output: Destination, name: string): Promise<Destination> {
    const { outputs, now } = this.#services;
    for (;;) {
      const number = session.archive.takeSnapshotNumber();
      const made = await outputs.makeSnapshot(output, snapshotDirectoryName(name, now(), number), session.owner);
      if (made !== undefined) return made;
    }
  }

  async #clear(session: Session): Promise<null> {
    await this.#services.domains.settle(session);
    await this.#services.tasks.perform(session, { type: 'clear', session: session.name });
    session.archive.cleared(session.active);
    this.#services.log.of(session.owner.uid, 'sessions').info(`session ${session.name} is cleared`);
    return null;
  }

  async #regenerateMetadata(session: Session): Promise<null> {
    if (!session.started) neverStarted(session);
    await this.#services.domains.regenerate(session, 'metadata');
    return null;
  }
}

function neverStarted(session: Session): never {
  throw new DaemonError('NEVER_STARTED', `the session ${session.name} has to be started once`);
}

function checkFlightRecorder({ name, snapshot }: Session): void {
  if (snapshot) return;
  throw new DaemonError('NOT_A_SNAPSHOT_SESSION', `the session ${name} is not a flight recorder`);
}

/** @returns the session's output. @throws {DaemonError} `ROTATION_NOT_AVAILABLE` */
function checkRotatable({ name, snapshot, output }: Session): Destination {
  const refuse = (why: string): never => {
    throw new DaemonError('ROTATION_NOT_AVAILABLE', `the session ${name} cannot be rotated: ${why}`);
  };
  if (snapshot) refuse('it is a flight recorder');
  if (output === null) return refuse('it has no output');
  return output;
}
