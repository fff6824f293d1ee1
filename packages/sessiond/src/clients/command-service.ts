import type { CommandName, Request } from '@ringtail/protocol';
import type { PeerLog } from '../log/peer-log.ts';
import type { Client } from '../model/client.ts';
import { DaemonError } from '../model/daemon-error.ts';
import { Listeners } from '../model/listeners.ts';
import type { Owner } from '../model/owner.ts';
import { mayUse, type Session } from '../model/session.ts';
import type { SessionRegistry } from '../model/session-registry.ts';
import type { NotificationHub } from '../notifications/notification-hub.ts';
import { notificationOf } from '../notifications/notification-of.ts';
import type { DaemonHandlers, SessionHandlers } from './handlers.ts';
import type { SessionQueue } from './session-queue.ts';
import { Underway } from './underway.ts';

export interface CommandServiceOptions {
  readonly registry: SessionRegistry;
  readonly queue: SessionQueue;
  readonly notifications: NotificationHub;
  readonly log: PeerLog;
}

/** A handler for every command: a missing one does not compile. */
export interface CommandHandlers {
  readonly onSession: SessionHandlers;
  readonly onDaemon: DaemonHandlers;
  /** Resolves when the control files have all that was changed so far. */
  published(): Promise<void>;
}

type SessionHandler = (session: Session, params: unknown, client: Client) => unknown;
type DaemonHandler = (params: unknown, client: Client) => unknown;

/** Commands that begin a recording: a daemon that is about to end refuses them. */
const BEGINNINGS: ReadonlySet<CommandName> = new Set(['create-session', 'start-session']);
/** As with LTTng, a second rotation of a session does not wait for the first one, but is refused. */
const ROTATIONS: ReadonlySet<CommandName> = new Set(['rotate-session', 'begin-rotation']);

/**
 * Carries out the commands of clients: on a session one after another, and only on sessions that the client may use.
 */
export class CommandService {
  /** Called when a command on a session has been carried out, or has failed. */
  readonly sessionChanged = new Listeners<[]>();
  readonly #options: CommandServiceOptions;
  #handlers: CommandHandlers | undefined;

  constructor(options: CommandServiceOptions) {
    this.#options = options;
  }

  /**
   * Carries commands out with these handlers from now on. Actions of triggers are commands, and handlers add triggers.
   */
  serve(handlers: CommandHandlers): void {
    this.#handlers = handlers;
  }

  /** @throws {RingtailError} with code and message for the client */
  async execute({ command, params }: Request, client: Client): Promise<unknown> {
    const { registry, queue, notifications, log } = this.#options;
    const handlers = this.#handlers;
    log.debug(`command ${command}`);
    if (BEGINNINGS.has(command)) queue.refuseIfClosed();
    // The request's type pairs the parameters with the command; a table loses that.
    const onDaemon = (handlers?.onDaemon as { readonly [name: string]: DaemonHandler } | undefined)?.[command];
    if (onDaemon !== undefined) return await onDaemon(params, client);
    const onSession = (handlers?.onSession as { readonly [name: string]: SessionHandler } | undefined)?.[command];
    if (handlers === undefined || onSession === undefined || !('session' in params)) {
      throw new DaemonError('UNSUPPORTED', `${command} is not supported`);
    }
    const { session } = params;
    if (ROTATIONS.has(command)) this.#refuseWhileRotating(session, client);
    return await queue.run(session, async () => {
      const found = registry.sessionOf(session, client);
      try {
        const result = await onSession(found, params, client);
        const notification = notificationOf(command, session);
        if (notification !== undefined) notifications.publish(notification, found.owner.uid);
        if (result instanceof Underway) void result.rest.then(this.sessionChanged.notify);
        return result;
      } finally {
        // A command that failed may have changed the session too: a start does until it is refused.
        this.sessionChanged.notify();
        await handlers.published();
      }
    });
  }

  /** @throws {DaemonError} `ROTATION_PENDING`; an unknown session is refused when its turn comes */
  #refuseWhileRotating(name: string, client: Owner): void {
    const found = this.#options.registry.sessions().find((session) => session.name === name);
    if (found === undefined || found.leaving || !mayUse(found, client) || !found.archive.rotating) return;
    throw new DaemonError('ROTATION_PENDING', `a rotation of the session ${name} is under way already`);
  }
}
