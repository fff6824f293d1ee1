import type { Commands, SessionDescription, SessionStatistics } from '@ringtail/protocol';
import { directoryDate } from '../archives/archive-names.ts';
import { removeCheckpoints } from '../archives/checkpoints.ts';
import { removeEmptyChunk } from '../archives/empty-chunk.ts';
import type { Client } from '../client.ts';
import { DaemonError } from '../daemon-error.ts';
import { type ClaimedOutput, claimOutput, prepareSnapshotOutput, prepareTraceDirectory } from '../output-directory.ts';
import { prepareShmPath } from '../ring-directory.ts';
import { type Owner, ownerFor, type Session } from '../session.ts';
import { readClock } from '../session-clock.ts';
import type { ArchiveCommands } from './archive-commands.ts';
import type { CommandServices } from './command-services.ts';
import type { DaemonHandlers, Result, SessionHandlers } from './handlers.ts';
import type { SessionWork } from './session-work.ts';
import { Underway } from './underway.ts';

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
      'list-sessions': (_, client): SessionDescription[] => this.#services.registry.describe(client),
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
      'session-statistics': (session) => this.#work.statistics(session, 'statistics'),
      'session-memory': (session) => {
        this.#services.drainApplications();
        return this.#services.rings.memoryOf(session);
      },
      'session-sightings': (session) => {
        this.#services.drainApplications();
        return session.sightings.describe();
      },
    } satisfies Partial<SessionHandlers>;
  }

  /** It is in no list while this takes; if it fails, it is back, and stopped. */
  async destroy(session: Session): Promise<Result<'destroy-session'>> {
    const { registry, rings, triggers, notifications, log } = this.#services;
    if (session.active) this.#endRecording(session);
    session.leaving = true;
    let archive: string | undefined;
    let statistics: SessionStatistics;
    try {
      this.#work.publishAndDrain();
      archive = await this.#archives.archiveRest(session);
      statistics = await this.#work.statistics(session, 'close-session');
    } catch (error) {
      session.leaving = false;
      throw error;
    }
    rings.releaseAllOf(session);
    if (session.output !== null && session.archive.rotations > 0) removeEmptyChunk(session.output, session.owner, log);
    removeCheckpoints(session, log);
    registry.remove(session);
    this.#claims.get(session)?.release();
    this.#claims.delete(session);
    triggers.sessionDestroyed(session);
    notifications.publish({ kind: 'session-destroyed', session: session.name }, session.owner.uid);
    log
      .of(session.owner.uid, 'sessions')
      .info(`session ${session.name} is destroyed: ${statistics.eventsRecorded} events in ${session.output}`);
    return archive === undefined ? statistics : { ...statistics, archive };
  }

  create(params: Commands['create-session']['params'], client: Client): Result<'create-session'> {
    const { registry, applications, defaultFormat, notifications, now, log } = this.#services;
    const owner = ownerFor(client);
    if (params.shmPath !== null) refuseForeignRingFiles(owner);
    registry.admit({ ...params, owner });
    if (params.shmPath !== null) prepareShmPath(params.shmPath, owner.uid);
    const claim = this.#claimOutput(params, owner);
    const output = claim?.path ?? params.output;
    const parameters = { ...params, output, format: params.format ?? defaultFormat, owner };
    const session = registry.create(parameters, now(), readClock(params.clock));
    if (claim !== undefined) this.#claims.set(session, claim);
    for (const sighting of applications.sightings()) session.sightings.add(sighting);
    notifications.publish({ kind: 'session-created', session: session.name }, session.owner.uid);
    log
      .of(session.owner.uid, 'sessions')
      .info(`session ${session.name} of user ${session.owner.uid} is created, output ${session.output}`);
    return { name: session.name, output: session.output };
  }

  /** Snapshots go to new directories of their own, so that many sessions can have theirs in one place. */
  #claimOutput(
    { name, output, snapshot }: Commands['create-session']['params'],
    owner: Owner,
  ): ClaimedOutput | undefined {
    if (output === null) return undefined;
    if (snapshot) {
      prepareSnapshotOutput(output, owner);
      return undefined;
    }
    const { registry, now } = this.#services;
    return claimOutput(output, {
      owner,
      inUse: registry.writesTo(output),
      name: `${name}-${directoryDate(now())}`,
    });
  }

  /** The metadata of every trace is there before anybody is told to record into it. */
  async #start(session: Session): Promise<null> {
    const { registry, traces, applications, programTroubles, publisher, link, log } = this.#services;
    registry.start(session);
    programTroubles.started(session);
    try {
      if (!session.snapshot && session.output !== null) prepareTraceDirectory(session.output, session.owner);
      await link.unlessUnavailable(link.connected().then(() => traces.open(session, applications.threads())));
    } catch (error) {
      registry.stop(session);
      throw error;
    } finally {
      publisher.publish();
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
    const { registry, triggers, unregistered } = this.#services;
    unregistered.settle();
    registry.stop(session);
    triggers.sessionsChanged();
  }
}

/** Directories in which both we and applications make files are only safe below one that nobody else can change. */
function refuseForeignRingFiles({ uid }: Owner): void {
  if (uid === process.geteuid?.()) return;
  throw new DaemonError(
    'NOT_PERMITTED',
    'only root may have ring files in a directory with the session daemon of root',
  );
}
