import { closeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import type { PeerCredentials, Posix } from '@ringtail/posix';
import { APP_FRAME_BYTES_MAX, encodeFrame, type RefusedReply } from '@ringtail/protocol';
import type { PeerLog } from '../../log/peer-log.ts';
import type { DescriptorQuarantine } from '../../peers/descriptor-quarantine.ts';
import { ListeningSocket } from '../../peers/listening-socket.ts';
import type { Shares } from '../../shares/shares.ts';
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
  /** An application that is served is not recorded, for the reason given. */
  readonly onRefused: (peer: PeerCredentials, why: string, procname: string | undefined) => void;
  /** An application that is served finds no place. */
  readonly onShareUsedUp: (peer: PeerCredentials, share: string) => void;
  readonly log: PeerLog;
}

/** Takes the connections of applications. */
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

  /** Takes connections at a new socket, where the file of the old one is gone. Connections stay. */
  listenAgain(): void {
    this.#socket.listenAgain();
  }

  /** Reads what all applications have sent so far, as far as the time of their users allows. */
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
        onRefused: (why, procname) => onRefused(peer, why, procname),
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
      // It has gone already.
    } finally {
      closeSync(descriptor);
    }
  }
}
