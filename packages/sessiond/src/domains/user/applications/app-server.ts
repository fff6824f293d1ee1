import { closeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { PeerCredentials, Posix } from '@ringtail/posix';
import { APP_FRAME_BYTES_MAX, encodeFrame, type RefusedReply } from '@ringtail/protocol';
import type { PeerLog } from '../../../log/peer-log.ts';
import type { DescriptorQuarantine } from '../../../peers/descriptor-quarantine.ts';
import { ListeningSocket } from '../../../peers/listening-socket.ts';
import type { Shares } from '../../../shares/shares.ts';
import { AppConnection } from './app-connection.ts';
import type { Register, RegisterUnable } from './registration.ts';

export interface AppServerOptions {
  readonly posix: Posix;
  readonly socketPath: string;
  readonly mode: number;
  readonly quarantine: DescriptorQuarantine;
  readonly shares: Pick<Shares, 'turns' | 'drains' | 'appRate' | 'appConnections' | 'appBytes' | 'appFrames'>;
  /** Whether applications of this user are served. */
  readonly serves: (uid: number) => boolean;
  readonly register: Register;
  readonly registerUnable: RegisterUnable;
  /** Called if an application of a served user is not recorded. */
  readonly onRefused: (peer: PeerCredentials, why: string, program: string | undefined) => void;
  /** Called if an application finds no place, since its user's share is used up. */
  readonly onShareUsedUp: (peer: PeerCredentials, share: string) => void;
  readonly log: PeerLog;
}

/** Accepts the connections of applications. */
export class AppServer {
  readonly #options: AppServerOptions;
  readonly #connections = new Set<AppConnection>();
  readonly #socket: ListeningSocket;

  constructor(options: AppServerOptions) {
    this.#options = options;
    const { posix, socketPath: path, mode, shares, log } = options;
    this.#socket = new ListeningSocket({
      posix,
      path,
      mode,
      of: 'applications',
      rate: shares.appRate,
      onConnection: (descriptor, peer) => this.#connected(descriptor, peer),
      log,
    });
  }

  /** Accepts connections at a new socket after the file of the old one was removed. Connections stay. */
  listenAgain(): void {
    this.#socket.listenAgain();
  }

  /** Reads everything that applications have sent so far, within their users' time. */
  drain(): void {
    const { drains } = this.#options.shares;
    this.#socket.acceptAll();
    drains.forgetIdle();
    const unread = new Map<number, number>();
    for (const connection of [...this.#connections]) {
      const { uid } = connection;
      if (!drains.spend(uid, () => connection.drain())) unread.set(uid, (unread.get(uid) ?? 0) + 1);
    }
    for (const [uid, count] of unread) {
      this.#options.log
        .of(uid, 'messages that were under way')
        .warn(`user ${uid}: ${count} applications were not waited for: the applications of this user send too much`);
    }
  }

  close(): void {
    this.#socket.close();
    for (const connection of [...this.#connections]) connection.close();
  }

  #connected(descriptor: number, peer: PeerCredentials): void {
    const { posix, quarantine, serves, shares, register, registerUnable, onRefused, onShareUsedUp, log } =
      this.#options;
    if (!serves(peer.uid)) {
      this.#turnAway(descriptor, peer, 'NOT_PERMITTED', 'this session daemon does not serve your user');
      return;
    }
    const why = shares.appConnections.take(peer.uid, 1);
    if (why !== undefined) {
      this.#turnAway(descriptor, peer, 'SHARE_USED_UP', why);
      onShareUsedUp(peer, shares.appConnections.nameShare(peer.uid));
      return;
    }
    try {
      const connection: AppConnection = new AppConnection({
        posix,
        descriptor,
        peer,
        register,
        registerUnable,
        onRefused: (why, program) => onRefused(peer, why, program),
        quarantine,
        shares,
        log,
        onClosed: () => {
          this.#connections.delete(connection);
          shares.appConnections.give(peer.uid, 1);
        },
      });
      this.#connections.add(connection);
    } catch (error) {
      log
        .of(peer.uid, 'connections')
        .error(`the connection of application ${peer.pid} cannot be watched: ${describeError(error)}`);
      shares.appConnections.give(peer.uid, 1);
      closeSync(descriptor);
    }
  }

  #turnAway(descriptor: number, { pid, uid }: PeerCredentials, code: RefusedReply['code'], message: string): void {
    this.#options.log
      .of(uid, 'refused applications')
      .warn(`application ${pid} of user ${uid} is turned away: ${message}`);
    const reply: RefusedReply = { type: 'refused', code, message };
    try {
      this.#options.posix.writeNonBlocking(descriptor, encodeFrame(reply, APP_FRAME_BYTES_MAX));
    } catch {
      // The peer has gone already.
    } finally {
      closeSync(descriptor);
    }
  }
}
