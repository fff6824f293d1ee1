import { RINGTAIL_VERSION } from '@ringtail/base';
import { CLIENT_PROTOCOL_VERSION, type CommandName, type Commands, type Request } from '@ringtail/protocol';
import type { ApplicationService } from './application-service.ts';
import type { ConsumerLink } from './consumer-link.ts';
import { DaemonError } from './daemon-error.ts';
import type { Log } from './log.ts';
import { prepareOutput } from './output-directory.ts';
import type { RingKeeper } from './ring-keeper.ts';
import { readClock } from './session-clock.ts';
import type { Owner, Session, SessionParameters, SessionRegistry } from './session-registry.ts';
import type { StatePublisher } from './state-publisher.ts';
import { withTroubles } from './statistics.ts';
import type { TraceKeeper } from './trace-keeper.ts';

export interface CommandServiceOptions {
  readonly registry: SessionRegistry;
  readonly applications: ApplicationService;
  readonly traces: TraceKeeper;
  readonly rings: RingKeeper;
  readonly publisher: StatePublisher;
  readonly link: ConsumerLink;
  /** Reads what applications have sent so far: rings that were made before a stop belong to it. */
  readonly drainApplications: () => void;
  /** Ends the daemon, once this command has been answered. */
  readonly onShutdown: () => void;
  /** The daemon's own user. */
  readonly owner: Owner;
  readonly now: () => Date;
  readonly log: Log;
}

type Result<Name extends CommandName> = Commands[Name]['result'];

/** Carries out the commands of clients. */
export class CommandService {
  readonly #options: CommandServiceOptions;
  /** Commands that wait for the consumer, by session: the next one on the same session waits for them. */
  readonly #busy = new Map<string, Promise<unknown>>();
  #shuttingDown = false;

  constructor(options: CommandServiceOptions) {
    this.#options = options;
  }

  /** @throws {RingtailError} what the client is to be told. */
  async execute(request: Request): Promise<unknown> {
    const { registry, applications, log } = this.#options;
    log.debug(`command ${request.command}`);
    switch (request.command) {
      case 'hello':
        return hello(request.params.protocol);
      case 'list-sessions':
        return registry.describe();
      case 'list-applications':
        return applications.describe();
      case 'shutdown':
        return await this.#shutdown();
      case 'create-session':
        return this.#create({
          ...request.params,
          format: request.params.format ?? 'ctf-1.8',
          owner: this.#options.owner,
        });
      case 'enable-channel':
      case 'enable-event':
      case 'start-session':
      case 'stop-session':
      case 'destroy-session':
      case 'session-statistics':
      case 'session-sightings':
        return await this.#exclusively(request.params.session, () => this.#onSession(request));
      default:
        throw new DaemonError('UNSUPPORTED', `${request.command} is not supported`);
    }
  }

  /** Destroys every session; what cannot be destroyed is left, with a line in the log. */
  async destroyAll(): Promise<void> {
    this.#shuttingDown = true;
    const { registry, log } = this.#options;
    const destroyed = registry.sessions().map(({ name }) => this.#exclusively(name, () => this.#destroy(name)));
    for (const result of await Promise.allSettled(destroyed)) {
      if (result.status === 'rejected') log.error(`at the end: ${(result.reason as Error).message}`);
    }
  }

  async #onSession(
    request: Extract<Request, { readonly params: { readonly session: string } }>,
  ): Promise<Result<typeof request.command>> {
    const { registry, drainApplications, log } = this.#options;
    const session = registry.session(request.params.session);
    switch (request.command) {
      case 'enable-channel':
        registry.enableChannel(session, request.params.channel);
        return await this.#sessionChanged(session, null);
      case 'enable-event': {
        const { channel, rule } = request.params;
        const { attributes } = registry.enableEvent(session, channel, rule);
        return await this.#sessionChanged(session, { channel: attributes.name });
      }
      case 'start-session':
        return await this.#start(session);
      case 'stop-session':
        registry.stop(session);
        log.info(`session ${session.name} is stopped`);
        return await this.#flush(session);
      case 'destroy-session':
        return await this.#destroy(session.name);
      case 'session-statistics':
        return await this.#statistics(session, 'statistics');
      case 'session-sightings':
        drainApplications();
        return session.sightings.describe();
      default:
        throw new DaemonError('UNSUPPORTED', `${request.command} is not supported`);
    }
  }

  #create(parameters: SessionParameters): Result<'create-session'> {
    if (this.#shuttingDown) throw new DaemonError('SHUTTING_DOWN', 'the session daemon is about to end');
    const { registry, applications, now, log } = this.#options;
    const session = registry.create(parameters, now(), readClock(parameters.clock));
    try {
      if (session.output !== null) prepareOutput(session.output);
    } catch (error) {
      registry.remove(session);
      throw error;
    }
    for (const application of applications.describe()) session.sightings.add(application);
    log.info(`session ${session.name} is created, output ${session.output}`);
    return { name: session.name, output: session.output };
  }

  /** Applications learn of what changed in an active session, whose traces get what is new in it. */
  async #sessionChanged<T>(session: Session, result: T): Promise<T> {
    if (!session.active) return result;
    const { traces, applications, publisher, link } = this.#options;
    const opened = traces.open(session, applications.owners());
    publisher.publishSoon();
    await link.unlessUnavailable(opened);
    return result;
  }

  /** The metadata of every trace is there before anybody is told to record into it. */
  async #start(session: Session): Promise<null> {
    const { registry, traces, applications, publisher, link, log } = this.#options;
    if (this.#shuttingDown) throw new DaemonError('SHUTTING_DOWN', 'the session daemon is about to end');
    registry.start(session);
    try {
      await link.unlessUnavailable(link.connected().then(() => traces.open(session, applications.owners())));
    } catch (error) {
      registry.stop(session);
      throw error;
    } finally {
      publisher.publish();
    }
    log.info(`session ${session.name} is started`);
    return null;
  }

  async #destroy(name: string): Promise<Result<'destroy-session'>> {
    const { registry, rings, log } = this.#options;
    const session = registry.session(name);
    if (session.active) registry.stop(session);
    this.#publishAndDrain();
    const statistics = await this.#statistics(session, 'close-session');
    rings.releaseAllOf(session);
    registry.remove(session);
    log.info(`session ${name} is destroyed: ${statistics.eventsRecorded} events in ${session.output}`);
    return statistics;
  }

  async #flush(session: Session): Promise<Result<'stop-session'>> {
    this.#publishAndDrain();
    return await this.#statistics(session, 'flush');
  }

  /** No application is waited for: one that never reads its control file again keeps nobody. */
  #publishAndDrain(): void {
    this.#options.publisher.publish();
    this.#options.drainApplications();
  }

  async #statistics(
    session: Session,
    type: 'flush' | 'statistics' | 'close-session',
  ): Promise<Result<'session-statistics'>> {
    const { link } = this.#options;
    // A session without a trace is one that the consumer has never heard of.
    const counted = session.traces.size > 0 ? await link.perform({ type, session: session.name }) : undefined;
    return withTroubles(counted, session.troubles.list());
  }

  async #shutdown(): Promise<null> {
    await this.destroyAll();
    this.#options.onShutdown();
    return null;
  }

  /** One command after the other, per session. */
  async #exclusively<T>(session: string, action: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(session) ?? Promise.resolve();
    const result = before.then(action, action);
    this.#busy.set(session, result);
    try {
      return await result;
    } finally {
      if (this.#busy.get(session) === result) this.#busy.delete(session);
    }
  }
}

function hello(protocol: number): Result<'hello'> {
  if (protocol === CLIENT_PROTOCOL_VERSION) return { daemonVersion: RINGTAIL_VERSION, pid: process.pid };
  throw new DaemonError(
    'PROTOCOL_VERSION',
    `this session daemon (version ${RINGTAIL_VERSION}) speaks version ${CLIENT_PROTOCOL_VERSION} of the client protocol`,
  );
}
