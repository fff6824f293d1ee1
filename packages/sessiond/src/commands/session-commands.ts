import { describeError, directoryDate } from '@ringtail/base';
import {
  type Commands,
  type Destination,
  directoryAt,
  type SessionDescription,
  type SessionStatistics,
} from '@ringtail/protocol';
import type { DaemonHandlers, Result, SessionHandlers } from '../clients/handlers.ts';
import { jsonList } from '../clients/json-text.ts';
import { Underway } from '../clients/underway.ts';
import { readClock } from '../clock/session-clock.ts';
import type { ClaimedOutput } from '../helpers/session-outputs.ts';
import type { Client } from '../model/client.ts';
import { DaemonError } from '../model/daemon-error.ts';
import { directoryOf } from '../model/destination.ts';
import { type Owner, ownerFor } from '../model/owner.ts';
import type { Session } from '../model/session.ts';
import { describeSession } from '../model/session-description.ts';
import type { ArchiveCommands } from './archive-commands.ts';
import type { CommandServices } from './command-services.ts';
import type { SessionWork } from './session-work.ts';

/** Name and output of a session that is about to be created. */
interface ClaimedSession {
  readonly output: ClaimedOutput;
  /** Gives its name back. */
  readonly unreserve: () => void;
}

/** Makes, starts, stops and destroys sessions, and tells of them. */
export class SessionCommands {
  readonly #services: CommandServices;
  readonly #work: SessionWork;
  readonly #archives: ArchiveCommands;
  readonly #claims = new Map<Session, ClaimedOutput>();

  constructor(services: CommandServices, work: SessionWork, archives: ArchiveCommands) {
    this.#services = services;
    this.#work = work;
    this.#archives = archives;
  }

  daemonHandlers() {
    return {
      'list-sessions': (_, client) => {
        return this.#services.turns.inSlices(client.uid, jsonList(this.#describe(client)));
      },
      'create-session': (params, client) => this.#createWhenFree(params, client),
      shutdown: (_, client) => this.#shutdown(client),
    } satisfies Partial<DaemonHandlers>;
  }

  sessionHandlers() {
    return {
      'start-session': (session) => this.#start(session),
      'stop-session': (session) => this.#stop(session),
      'destroy-session': (session) => this.destroy(session),
      'begin-stop': (session) => {
        this.#beginStop(session);
        const work = this.#work.flush(session);
        return new Underway(null, this.#work.behindTheAnswer(session, 'not all could be written at its stop', work));
      },
      'begin-destruction': (session) => {
        const work = this.destroy(session);
        return new Underway(null, this.#work.behindTheAnswer(session, 'it could not be destroyed', work));
      },
      'session-statistics': (session) => this.#services.tasks.statistics(session),
      'session-memory': (session) => this.#services.domains.memory(session),
    } satisfies Partial<SessionHandlers>;
  }

  *#describe(client: Client): Generator<SessionDescription> {
    const { registry, domains } = this.#services;
    for (const session of registry.visibleTo(client)) yield describeSession(session, domains.describe(session));
  }

  /** It is in no list while this takes; if it fails, it is back, and stopped. */
  async destroy(session: Session): Promise<Result<'destroy-session'>> {
    const { registry, domains, notifications, log } = this.#services;
    if (session.active) this.#endRecording(session);
    session.leaving = true;
    let archive: string | undefined;
    let statistics: SessionStatistics;
    try {
      await domains.settle(session);
      archive = await this.#archives.archiveRest(session);
      statistics = await this.#services.tasks.statistics(session, 'close-session');
    } catch (error) {
      session.leaving = false;
      throw error;
    }
    await this.#removeEmptyChunk(session);
    registry.remove(session);
    domains.removed(session);
    this.#claims.get(session)?.release();
    this.#claims.delete(session);
    notifications.publish({ kind: 'session-destroyed', session: session.name }, session.owner.uid);
    log
      .of(session.owner.uid, 'sessions')
      .info(`session ${session.name} is destroyed: ${describeResult(session, statistics)}`);
    return archive === undefined ? statistics : { ...statistics, archive };
  }

  /**
   * Destroys every session, and refuses new ones. Flight recorders leave a last snapshot. A session that cannot be
   * destroyed is left, with a line in the log.
   */
  async destroyAll(): Promise<void> {
    const { registry, queue, log } = this.#services;
    queue.close();
    const destroyed = registry.sessions().map((session) =>
      queue.run(session.name, async () => {
        // An earlier command may have destroyed it.
        if (!registry.sessions().includes(session)) return;
        if (session.active) this.#endRecording(session);
        await this.#archives.recordLastSnapshot(session);
        await this.destroy(session);
      }),
    );
    for (const result of await Promise.allSettled(destroyed)) {
      if (result.status === 'rejected') log.error(`at the end: ${(result.reason as Error).message}`);
    }
  }

  async #shutdown({ uid }: Client): Promise<null> {
    if (uid !== 0 && uid !== this.#services.daemonUid) {
      throw new DaemonError('NOT_PERMITTED', 'only root and the user of the session daemon may end it');
    }
    await this.destroyAll();
    this.#services.onShutdown();
    return null;
  }

  /** Names and directories of sessions that are being destroyed become free when that is done. */
  async #createWhenFree(
    params: Commands['create-session']['params'],
    client: Client,
  ): Promise<Result<'create-session'>> {
    const { registry, queue } = this.#services;
    const leaving = registry.reservations.leavingBefore({ ...params, output: destinationOf(params) }, client);
    await queue.settled(leaving.map(({ name }) => name));
    queue.refuseIfClosed();
    const claimed = await this.#claim(params, client);
    try {
      queue.refuseIfClosed();
      return this.#create(params, client, claimed);
    } catch (error) {
      claimed.unreserve();
      claimed.output.release();
      throw error;
    }
  }

  /** Reserves the name of a session and makes its output directory. @throws {DaemonError} */
  async #claim(params: Commands['create-session']['params'], client: Client): Promise<ClaimedSession> {
    const owner = ownerFor(client);
    if (params.shmPath !== null) refuseForeignRingFiles(owner);
    const { registry, domains, helpers, outputs, now } = this.#services;
    const { name, snapshot, shmPath, restored = false } = params;
    const destination = destinationOf(params);
    const inUse = destination !== null && registry.reservations.writesTo(destination);
    const unreserve = registry.reservations.reserve({ ...params, output: destination, owner });
    try {
      if (shmPath !== null) {
        await helpers.perform('prepare-shm-path', owner, { path: shmPath, domains: domains.ringDirectories() });
      }
      const newDirectory = { name, date: directoryDate(now()), beside: restored };
      return { output: await outputs.claim({ destination, snapshot, owner, inUse, ...newDirectory }), unreserve };
    } catch (error) {
      unreserve();
      throw error;
    }
  }

  /** Creates a session that writes to what was claimed for it. */
  #create(
    params: Commands['create-session']['params'],
    client: Client,
    { output, unreserve }: ClaimedSession,
  ): Result<'create-session'> {
    const { registry, domains, defaultFormat, notifications, now, log } = this.#services;
    const owner = ownerFor(client);
    const parameters = { ...params, output: output.destination, format: params.format ?? defaultFormat, owner };
    const clockReading = readClock(params.clock);
    unreserve();
    const session = registry.create(parameters, now(), clockReading);
    this.#claims.set(session, output);
    domains.created(session);
    this.#services.retention.check(session);
    notifications.publish({ kind: 'session-created', session: session.name }, session.owner.uid);
    log
      .of(session.owner.uid, 'sessions')
      .info(`session ${session.name} of user ${session.owner.uid} is created, output ${directoryOf(session.output)}`);
    return { name: session.name, output: directoryOf(session.output) };
  }

  /** If it cannot be removed, it stays: it holds no recorded data. */
  async #removeEmptyChunk({ name, output, owner, archive }: Session): Promise<void> {
    const { outputs, log } = this.#services;
    if (output === null || archive.rotations === 0) return;
    try {
      await outputs.removeEmptyChunk(output, owner);
    } catch (error) {
      const sentence = `the empty trace chunk in ${directoryOf(output)} could not be removed: ${describeError(error)}`;
      log.of(owner.uid, 'output directories').warn(`session ${name}: ${sentence}`);
    }
  }

  async #start(session: Session): Promise<null> {
    const { registry, domains, log } = this.#services;
    if (!session.active && !domains.haveChannel(session)) {
      throw new DaemonError('NO_CHANNEL', `the session ${session.name} has no channel: enable events first`);
    }
    registry.start(session);
    try {
      await domains.start(session);
    } catch (error) {
      registry.stop(session);
      await domains.settle(session);
      throw error;
    }
    session.archive.started(this.#services.now());
    log.of(session.owner.uid, 'sessions').info(`session ${session.name} is started`);
    return null;
  }

  async #stop(session: Session): Promise<Result<'stop-session'>> {
    this.#beginStop(session);
    return await this.#work.flush(session);
  }

  #beginStop(session: Session): void {
    this.#endRecording(session);
    this.#services.log.of(session.owner.uid, 'sessions').info(`session ${session.name} is stopped`);
  }

  /** Into channels and maps alike, as soon as it is published; taking what was recorded may last, and fail. */
  #endRecording(session: Session): void {
    const { registry, domains, triggers } = this.#services;
    domains.reportMissingPrograms();
    registry.stop(session);
    triggers.sessionsChanged();
  }
}

/** Events of a flight recorder are in its snapshots only. */
function describeResult({ snapshot, output }: Session, { eventsRecorded }: SessionStatistics): string {
  return snapshot ? 'a flight recorder' : `${eventsRecorded} events in ${directoryOf(output)}`;
}

function destinationOf({ output }: Pick<Commands['create-session']['params'], 'output'>): Destination | null {
  return output === null ? null : directoryAt(output);
}

/** A directory shared with applications is safe only if no other user can change its parent. */
function refuseForeignRingFiles({ uid }: Owner): void {
  if (uid === process.geteuid?.()) return;
  throw new DaemonError(
    'NOT_PERMITTED',
    'at a session daemon of root --shm-path is for root alone: run a daemon of your own for it (RINGTAIL_RUNDIR=DIR ringtail create …)',
  );
}
