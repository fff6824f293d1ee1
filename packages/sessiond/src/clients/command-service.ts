import type { CommandName, Commands, Request, SessionStatistics } from '@ringtail/protocol';
import { ArchiveCommands } from '../commands/archive-commands.ts';
import { channelCommands } from '../commands/channel-commands.ts';
import type { CommandServices } from '../commands/command-services.ts';
import { contextCommands, contextListCommands } from '../commands/context-commands.ts';
import { daemonCommands } from '../commands/daemon-commands.ts';
import { diagnosisCommands } from '../commands/diagnosis-commands.ts';
import type { DaemonHandlers, Result, SessionHandlers } from '../commands/handlers.ts';
import { ruleCommands } from '../commands/rule-commands.ts';
import { SessionCommands } from '../commands/session-commands.ts';
import { SessionWork } from '../commands/session-work.ts';
import { trackerCommands } from '../commands/tracker-commands.ts';
import { mapCommands, triggerCommands } from '../commands/trigger-commands.ts';
import { Underway } from '../commands/underway.ts';
import { DaemonError } from '../model/daemon-error.ts';
import type { Session } from '../model/session.ts';
import { notificationOf } from '../notifications/notification-of.ts';
import type { Client } from './client.ts';

export interface CommandServiceOptions extends CommandServices {
  /** Ends the daemon, once this command has been answered. */
  readonly onShutdown: () => void;
  /** Called when a command on a session has been carried out, or has failed. */
  readonly onChanged: () => void;
  /** The daemon's own user. */
  readonly uid: number;
}

type SessionHandler = (session: Session, params: unknown, client: Client) => unknown;
type DaemonHandler = (params: unknown, client: Client) => unknown;

/** Nothing begins any more in a daemon that is about to end. */
const BEGINNINGS: ReadonlySet<CommandName> = new Set(['create-session', 'start-session']);
/** A session is rotated once at a time: as with LTTng, another rotation is not waited for. */
const ROTATIONS: ReadonlySet<CommandName> = new Set(['rotate-session', 'begin-rotation']);

/** Has the commands of clients carried out: on a session one after the other, and only on those that are the client's. */
export class CommandService {
  readonly #options: CommandServiceOptions;
  readonly #work: SessionWork;
  readonly #sessionCommands: SessionCommands;
  readonly #archiveCommands: ArchiveCommands;
  readonly #onSession: Partial<SessionHandlers>;
  readonly #onDaemon: Partial<DaemonHandlers>;
  /** Commands that wait for the consumer, by session: the next one on the same session waits for them. */
  readonly #busy = new Map<string, Promise<unknown>>();
  #shuttingDown = false;

  constructor(options: CommandServiceOptions) {
    this.#options = options;
    const work = new SessionWork(options);
    this.#work = work;
    this.#archiveCommands = new ArchiveCommands(options, work);
    this.#sessionCommands = new SessionCommands(options, work, this.#archiveCommands);
    this.#onSession = {
      ...this.#sessionCommands.sessionHandlers(),
      ...channelCommands(options, work),
      ...ruleCommands(options, work),
      ...contextCommands(options),
      ...trackerCommands(options, work),
      ...mapCommands(options),
      ...diagnosisCommands(options, work),
      ...this.#archiveCommands.sessionHandlers(),
    };
    this.#onDaemon = {
      ...daemonCommands(options),
      ...contextListCommands(),
      ...triggerCommands(options),
      ...this.#sessionCommands.daemonHandlers(),
      'create-session': (params, client) => this.#create(params, client),
      shutdown: (_, client) => this.#shutdown(client),
    };
  }

  /** @throws {RingtailError} what the client is to be told. */
  async execute({ command, params }: Request, client: Client): Promise<unknown> {
    const { registry, notifications, publisher, log } = this.#options;
    log.debug(`command ${command}`);
    if (BEGINNINGS.has(command)) this.#refuseAtEnd();
    // The request's type says that the parameters are those of the command; a table loses that.
    const onDaemon = (this.#onDaemon as { readonly [name: string]: DaemonHandler })[command];
    if (onDaemon !== undefined) return await onDaemon(params, client);
    const onSession = (this.#onSession as { readonly [name: string]: SessionHandler })[command];
    if (onSession === undefined || !('session' in params)) {
      throw new DaemonError('UNSUPPORTED', `${command} is not supported`);
    }
    const { session } = params;
    if (ROTATIONS.has(command)) this.#archiveCommands.refuseWhileRotating(session, client);
    return await this.exclusively(session, async () => {
      const found = registry.sessionOf(session, client);
      try {
        const result = await onSession(found, params, client);
        const notification = notificationOf(command, session);
        if (notification !== undefined) notifications.publish(notification, found.owner.uid);
        if (result instanceof Underway) void result.rest.then(() => this.#options.onChanged());
        return result;
      } finally {
        // One that failed may have changed something too: a start does until it is refused.
        this.#options.onChanged();
        await publisher.published();
      }
    });
  }

  /** Of all data stream files of a session, by the consumer's count. */
  async recordedBytes(session: Session): Promise<number> {
    return (await this.statistics(session)).bytes;
  }

  async statistics(session: Session): Promise<SessionStatistics> {
    return await this.#work.statistics(session, 'statistics');
  }

  /** Rotates a session whose time has come, if it is still there when its turn is. */
  async rotate(session: Session): Promise<void> {
    await this.exclusively(session.name, async () => {
      if (session.active && this.#options.registry.sessions().includes(session))
        await this.#archiveCommands.rotate(session);
    });
  }

  /** Destroys every session; what cannot be destroyed is left, with a line in the log. */
  async destroyAll(): Promise<void> {
    this.#shuttingDown = true;
    const { registry, log } = this.#options;
    const destroyed = registry.sessions().map((session) =>
      this.exclusively(session.name, async () => {
        // It may have been on its way already.
        if (registry.sessions().includes(session)) await this.#sessionCommands.destroy(session);
      }),
    );
    for (const result of await Promise.allSettled(destroyed)) {
      if (result.status === 'rejected') log.error(`at the end: ${(result.reason as Error).message}`);
    }
  }

  /** One after the other, per session: also what nobody's command asks for, such as a rotation whose time has come. */
  async exclusively<T>(session: string, action: () => Promise<T | Underway<T>>): Promise<T> {
    const before = this.#busy.get(session) ?? Promise.resolve();
    const result = before.then(action, action);
    const done = result.then((value) => (value instanceof Underway ? value.rest : undefined));
    this.#busy.set(session, done);
    const leave = () => {
      if (this.#busy.get(session) === done) this.#busy.delete(session);
    };
    done.then(leave, leave);
    const value = await result;
    return value instanceof Underway ? value.answer : value;
  }

  /** What a session that is being destroyed has still is free when that is done. */
  async #create(params: Commands['create-session']['params'], client: Client): Promise<Result<'create-session'>> {
    const leaving = this.#options.registry.leavingBefore(params, client);
    await Promise.allSettled(leaving.map(({ name }) => this.#busy.get(name)));
    this.#refuseAtEnd();
    const place = await this.#sessionCommands.claim(params, client);
    try {
      this.#refuseAtEnd();
      return this.#sessionCommands.create(params, client, place);
    } catch (error) {
      place.unreserve();
      place.output.release();
      throw error;
    }
  }

  /** @throws {DaemonError} `SHUTTING_DOWN` */
  #refuseAtEnd(): void {
    if (this.#shuttingDown) throw new DaemonError('SHUTTING_DOWN', 'the session daemon is about to end');
  }

  async #shutdown({ uid }: Client): Promise<null> {
    if (uid !== 0 && uid !== this.#options.uid) {
      throw new DaemonError('NOT_PERMITTED', 'only root and the user of the session daemon may end it');
    }
    await this.destroyAll();
    this.#options.onShutdown();
    return null;
  }
}
