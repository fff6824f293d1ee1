import { isMainThread } from 'node:worker_threads';
import { describeError } from '@ringtail/base';
import type { RunDirectory } from '@ringtail/posix';
import { APP_PROTOCOL_VERSION, type AppMessage, type RegisterMessage, type UnableMessage } from '@ringtail/protocol';
import { DaemonLink } from '../daemon/daemon-link.ts';
import { isTrustworthy } from '../daemon/trusted-directory.ts';
import { UnableLink } from '../daemon/unable-link.ts';
import { debug } from '../host/debug.ts';
import { Inheritance, inheritedSocket } from '../host/inheritance.ts';
import { programName } from '../host/program-name.ts';
import type { ResourceFailure, ThreadResources } from './thread-resources.ts';

export interface DaemonConnectionsOptions {
  readonly tracerVersion: string;
  readonly runDirectories: readonly RunDirectory[];
  /** Makes or finds the resources of the thread; called where a session daemon seems to run. */
  readonly prepare: () => ThreadResources | ResourceFailure;
  readonly onRegistered: () => void;
  /** A daemon has published something that must not wait for the thread's next event. */
  readonly onPublished: () => void;
  /** The program has closed a descriptor of the tracer. */
  readonly onLost: () => void;
  readonly onEnd: (link: DaemonLink) => void;
}

/** The connections of this thread to session daemons: at most one for each run directory, whose index is the slot. */
export class DaemonConnections {
  readonly #options: DaemonConnectionsOptions;
  readonly #links = new Map<number, DaemonLink>();
  /** Connections to daemons that know that this thread cannot be traced, by slot. */
  readonly #unableLinks = new Map<number, UnableLink>();
  /** The newest reason for which a daemon has refused this thread, by slot. */
  readonly #refusals = new Map<number, string>();
  readonly #inheritance: Inheritance;
  /** Name of the program, as daemons know it; undefined before the first registration. */
  #program: string | undefined;
  /** Problems of this thread, reported to each daemon with which it registers. */
  readonly #problems: { readonly code: string; readonly message: string }[] = [];

  constructor(options: DaemonConnectionsOptions) {
    this.#options = options;
    this.#inheritance = new Inheritance(options.runDirectories);
  }

  get isEmpty(): boolean {
    return this.#links.size === 0;
  }

  openLinks(): readonly DaemonLink[] {
    return [...this.#links.values()].filter(({ isOpen }) => isOpen);
  }

  /**
   * Registers with each daemon that runs and does not know this thread.
   *
   * @param timeoutMs limit for each answer; see `DaemonLink`
   */
  register(timeoutMs: number): void {
    for (const [slot, directory] of this.#options.runDirectories.entries()) {
      if (this.#links.has(slot) || this.#unableLinks.has(slot)) continue;
      const socketPath = isTrustworthy(directory) ? directory.appSocket : inheritedSocket(directory);
      if (socketPath === undefined) continue;
      try {
        const prepared = this.#options.prepare();
        if ('reason' in prepared) this.#reportInability(prepared, socketPath, slot);
        else this.#registerAt(socketPath, slot, prepared, timeoutMs);
      } catch (error) {
        debug(`cannot register at ${directory.appSocket}: ${describeError(error)}`);
      }
    }
  }

  /** Reports the name of the program again if it has changed. Does not wait: a later call repeats what is not sent. */
  reportProgramName(): void {
    if (!isMainThread || this.#program === undefined) return;
    const program = programName();
    if (program === this.#program) return;
    const sent = this.openLinks().map((link) => link.trySend({ type: 'program', program }));
    if (sent.every(Boolean)) this.#program = program;
  }

  send(message: AppMessage): void {
    for (const link of this.#links.values()) link.send(message);
  }

  /** Reports a problem of this thread to every daemon, also to those with which it registers later. */
  reportProblem(code: string, message: string): void {
    debug(message);
    this.#problems.push({ code, message });
    this.send({ type: 'trouble', channel: null, code, message });
  }

  #registerAt(socketPath: string, slot: number, resources: ThreadResources, timeoutMs: number): void {
    const { tracerVersion, onPublished, onLost, onRegistered } = this.#options;
    this.#program ??= programName();
    const register: RegisterMessage = {
      type: 'register',
      protocol: APP_PROTOCOL_VERSION,
      tracerVersion,
      runtime: `Node.js ${process.versions.node}`,
      ppid: process.ppid,
      mainThread: isMainThread,
      program: this.#program,
      slot,
      ...resources.identity,
    };
    const link = DaemonLink.connect({
      posix: resources.posix,
      socketPath,
      register,
      controlFd: resources.control.fd,
      timeoutMs,
      onPublished,
      onRefused: (reason) => this.#refused(slot, socketPath, reason),
      onLost,
      onEnd: (ended) => this.#ended(ended),
    });
    if (!(link instanceof DaemonLink)) {
      this.#refused(slot, socketPath, link.refused);
      return;
    }
    this.#links.set(slot, link);
    this.#inheritance.registered(slot);
    for (const problem of this.#problems) link.send({ type: 'trouble', channel: null, ...problem });
    onRegistered();
  }

  /** The thread tries again every few seconds: the same reason is reported once. */
  #refused(slot: number, socketPath: string, reason: string): void {
    if (this.#refusals.get(slot) === reason) return;
    this.#refusals.set(slot, reason);
    debug(`refused at ${socketPath}: ${reason}`);
  }

  #reportInability({ reason, posix, isDescriptorShortage }: ResourceFailure, socketPath: string, slot: number): void {
    const message: UnableMessage = {
      type: 'unable',
      protocol: APP_PROTOCOL_VERSION,
      program: programName(),
      reason,
    };
    if (isDescriptorShortage && posix !== undefined) {
      UnableLink.sendOnce(posix, socketPath, message);
      return;
    }
    const link = UnableLink.connect(posix, socketPath, message);
    this.#unableLinks.set(slot, link);
    link.onEnd(() => this.#unableLinks.delete(slot));
  }

  #ended(link: DaemonLink): void {
    if (this.#links.get(link.slot) !== link) return;
    this.#links.delete(link.slot);
    this.#options.onEnd(link);
  }
}
