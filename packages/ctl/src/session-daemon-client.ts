import {
  type ApplicationDescription,
  type ChannelAttributes,
  type ClockKind,
  type CommandName,
  type Commands,
  type ContextDescription,
  type DaemonStatus,
  DEFAULT_SESSION,
  type DestroyedSession,
  type EventRule,
  type MapChannelParameters,
  type MapRow,
  type Notification,
  type RingMemory,
  type RotationSchedule,
  type SessionDescription,
  type SessionSightings,
  type SessionStatistics,
  type SnapshotOutput,
  type SnapshotOutputParameters,
  type SnapshotRecorded,
  type TraceFormat,
  type TrackedAttribute,
  type TriggerDefinition,
  type TriggerDescription,
} from '@ringtail/protocol';
import { type ConnectOptions, DaemonConnection, type RequestOptions } from './daemon-connection.ts';

const SHUTDOWN_TIMEOUT_MS = 600_000;

export interface NewSession {
  readonly name: string;
  /** Absolute path of the session's directory, in which there must be no other trace; null: nothing is written there. */
  readonly output: string | null;
  /** Directory for rings as files, which outlive every process; by default they are memory. */
  readonly shmPath?: string | null;
  readonly clock?: ClockKind;
  /** Flight recorder: nothing is written but snapshots, of which `output` is the first place. */
  readonly snapshot?: boolean;
  /** null: the daemon's default. */
  readonly format?: TraceFormat | null;
}

/** Whether the answer comes when the work is done; else it comes when the work has begun, which goes on in the daemon. */
export interface WaitOptions {
  readonly wait?: boolean;
}
export interface Waiting extends WaitOptions {
  readonly wait?: true;
}
export interface NotWaiting extends WaitOptions {
  readonly wait: false;
}

export interface SnapshotOptions {
  /** Where to, in place of the session's own output. */
  readonly output?: SnapshotOutputParameters | null;
  /** Beginning of the directory's name, in place of the output's. */
  readonly name?: string | null;
  /** At most so many bytes, the newest. */
  readonly maxBytes?: number | null;
}

/**
 * A session daemon, as its clients see it: everything that the command line does is a method here.
 *
 * Every method throws `CtlError`: with the daemon's code where it refused (`NO_SUCH_SESSION`, `ALREADY_STARTED`, …), with a
 * `ConnectionErrorCode` where it could not be asked. Requests may overlap; the daemon carries them out in order.
 */
export class SessionDaemonClient {
  readonly #connection: DaemonConnection;

  private constructor(connection: DaemonConnection) {
    this.#connection = connection;
  }

  /**
   * Connects and agrees on the protocol version.
   *
   * @throws {CtlError} `NO_DAEMON`, `NOT_PERMITTED`, `TIMEOUT`, `PROTOCOL_VERSION`
   */
  static async connect(options: ConnectOptions = {}): Promise<SessionDaemonClient> {
    return new SessionDaemonClient(await DaemonConnection.open(options));
  }

  get daemonPid(): number {
    return this.#connection.daemonPid;
  }

  get daemonVersion(): string {
    return this.#connection.daemonVersion;
  }

  /** Any command of the protocol, typed by its name. */
  request<Name extends CommandName>(
    command: Name,
    params: Commands[Name]['params'],
    options: RequestOptions = {},
  ): Promise<Commands[Name]['result']> {
    return this.#connection.request(command, params, options);
  }

  daemonStatus(): Promise<DaemonStatus> {
    return this.request('daemon-status', {});
  }

  createSession(session: NewSession): Promise<{ name: string; output: string | null }> {
    return this.request('create-session', { ...DEFAULT_SESSION, ...session });
  }

  /**
   * Makes a channel, or enables one that is disabled. Sizes are rounded up to powers of two; `listSessions` tells what came
   * of them.
   */
  async enableChannel(session: string, channel: ChannelAttributes): Promise<void> {
    await this.request('enable-channel', { session, channel });
  }

  async disableChannel(session: string, channel: string): Promise<void> {
    await this.request('disable-channel', { session, channel });
  }

  /** Answers the channel's name; `channel` null is the default channel, created where the session has none. */
  async enableEvent(session: string, rule: EventRule, channel: string | null = null): Promise<string> {
    return (await this.request('enable-event', { session, channel, rule })).channel;
  }

  /** Disables the rules with exactly this pattern; null: all rules of the channel. */
  disableEvent(
    session: string,
    pattern: string | null,
    channel: string | null = null,
  ): Promise<{ channel: string; disabled: number }> {
    return this.request('disable-event', { session, channel, pattern });
  }

  /** Adds context fields to a channel, or with null to all channels; answers their names. */
  async addContext(
    session: string,
    contexts: readonly string[],
    channel: string | null = null,
  ): Promise<readonly string[]> {
    return (await this.request('add-context', { session, channel, contexts })).channels;
  }

  /** All contexts there are, with the reason where one cannot be had on this machine. */
  listContexts(): Promise<readonly ContextDescription[]> {
    return this.request('list-contexts', {});
  }

  /** Records only applications with these process, user or group numbers, besides those tracked already; null: all. */
  async track(session: string, attribute: TrackedAttribute, values: readonly number[] | null): Promise<void> {
    await this.request('track', { session, attribute, values });
  }

  async untrack(session: string, attribute: TrackedAttribute, values: readonly number[] | null): Promise<void> {
    await this.request('untrack', { session, attribute, values });
  }

  async startSession(session: string): Promise<void> {
    await this.request('start-session', { session });
  }

  /** Has programs of a process, and of all that it starts, that do not register told among the session's troubles. */
  async watchCommand(session: string, pid: number, preload: string): Promise<void> {
    await this.request('watch-command', { session, pid, preload });
  }

  /**
   * Answers once everything committed before the stop is in the trace files; or with `wait: false` once nothing is recorded
   * any more, with null. Later requests about the session wait for the rest, and what fails of it is among its troubles.
   */
  stopSession(session: string, options?: Waiting): Promise<SessionStatistics>;
  stopSession(session: string, options: NotWaiting): Promise<null>;
  stopSession(session: string, options: WaitOptions): Promise<SessionStatistics | null>;
  stopSession(session: string, { wait = true }: WaitOptions = {}): Promise<SessionStatistics | null> {
    return this.request(wait ? 'stop-session' : 'begin-stop', { session });
  }

  /**
   * Answers once everything that was recorded is in the trace files, of a rotated session with the archive of the rest; or with
   * `wait: false` once the session is in no list any more, with null. One of the same name or to the same place is created as
   * soon as it is gone. If that fails, it is back in the list, stopped, with a trouble.
   */
  destroySession(session: string, options?: Waiting): Promise<DestroyedSession>;
  destroySession(session: string, options: NotWaiting): Promise<null>;
  destroySession(session: string, options: WaitOptions): Promise<DestroyedSession | null>;
  destroySession(session: string, { wait = true }: WaitOptions = {}): Promise<DestroyedSession | null> {
    return this.request(wait ? 'destroy-session' : 'begin-destruction', { session });
  }

  /** Writes what the rings of a snapshot session hold; answers once it is on disk. */
  recordSnapshot(session: string, options: SnapshotOptions = {}): Promise<SnapshotRecorded> {
    const { output = null, name = null, maxBytes = null } = options;
    return this.request('record-snapshot', { session, output, name, maxBytes });
  }

  addSnapshotOutput(session: string, output: SnapshotOutputParameters): Promise<SnapshotOutput> {
    return this.request('add-snapshot-output', { session, output });
  }

  /** @param output its number or its name */
  async deleteSnapshotOutput(session: string, output: number | string): Promise<void> {
    await this.request('delete-snapshot-output', { session, output });
  }

  /**
   * Archives the current trace chunk. Answers once it is in its place; or with `wait: false` once the rotation has begun, with
   * where it will be: the notification `rotation-completed` tells that it is. Refused with `ROTATION_PENDING` while another
   * one is under way.
   */
  rotateSession(session: string, options?: Waiting): Promise<{ archive: string; statistics: SessionStatistics }>;
  rotateSession(session: string, options: NotWaiting): Promise<{ archive: string }>;
  rotateSession(session: string, options: WaitOptions): Promise<{ archive: string; statistics?: SessionStatistics }>;
  rotateSession(session: string, { wait = true }: WaitOptions = {}): Promise<{ archive: string }> {
    return this.request(wait ? 'rotate-session' : 'begin-rotation', { session });
  }

  /** Changes what is given, and answers the whole. */
  setRotationSchedule(session: string, schedule: Partial<RotationSchedule>): Promise<RotationSchedule> {
    return this.request('set-rotation-schedule', { session, ...schedule });
  }

  /** Drops everything recorded so far, but for archived chunks and snapshots. */
  async clearSession(session: string): Promise<void> {
    await this.request('clear-session', { session });
  }

  /** Samples the clock's offset again, after the system's time was set. */
  async regenerateMetadata(session: string): Promise<void> {
    await this.request('regenerate-metadata', { session });
  }

  async regenerateStatedump(session: string): Promise<void> {
    await this.request('regenerate-statedump', { session });
  }

  /** Gives back memory of sub-buffers taken at least so many microseconds ago; answers how many bytes. */
  async reclaimMemory(session: string, olderThanUs = 0, channels: readonly string[] | null = null): Promise<number> {
    return (await this.request('reclaim-memory', { session, channels, olderThanUs })).bytes;
  }

  listSessions(): Promise<readonly SessionDescription[]> {
    return this.request('list-sessions', {});
  }

  /**
   * The registered threads. Those with the same tracepoints share one list.
   *
   * @param options `fields: false` leaves the fields of tracepoints out, which are most of a long answer
   */
  async listApplications(
    options: RequestOptions & { readonly fields?: boolean } = {},
  ): Promise<readonly ApplicationDescription[]> {
    const { fields = true } = options;
    const { applications, tracepointLists } = await this.request('list-applications', { fields }, options);
    return applications.map((application) => ({
      ...application,
      tracepoints: tracepointLists[application.tracepoints] ?? [],
    }));
  }

  sessionStatistics(session: string): Promise<SessionStatistics> {
    return this.request('session-statistics', { session });
  }

  /** What the rings of a session take of memory, ring by ring. */
  sessionMemory(session: string): Promise<readonly RingMemory[]> {
    return this.request('session-memory', { session });
  }

  /** What was seen of applications since the session was created, for telling why nothing was recorded. */
  sessionSightings(session: string): Promise<SessionSightings> {
    return this.request('session-sightings', { session });
  }

  /**
   * Adds a trigger and answers its name. From then on it is looked for in every event of every application that it is about; what its
   * action `notify` tells comes among the {@link notifications} of its owner.
   *
   * @param ownerUid another user, if this one is root
   */
  async addTrigger(trigger: TriggerDefinition, ownerUid: number | null = null): Promise<string> {
    return (await this.request('add-trigger', { trigger, ownerUid })).name;
  }

  async removeTrigger(name: string, ownerUid: number | null = null): Promise<void> {
    await this.request('remove-trigger', { name, ownerUid });
  }

  /** The triggers of this user, of root those of everybody, with what came of them. */
  listTriggers(): Promise<readonly TriggerDescription[]> {
    return this.request('list-triggers', {});
  }

  /** Makes a map of counters, which triggers add to while the session is active. Answers its name: the first free one where it has none. */
  async addMap(session: string, map: MapChannelParameters): Promise<string> {
    return (await this.request('add-map', { session, map })).name;
  }

  /** The counters of one map, or with null of all maps of the session. */
  showMaps(session: string, map: string | null = null): Promise<readonly MapRow[]> {
    return this.request('show-maps', { session, map });
  }

  /**
   * What happens to sessions and applications from now on. Several may be read at once; each ends with the connection.
   *
   * A reader that does not keep up gets `dropped` with the number of those it missed.
   *
   * @example
   * for await (const notification of await client.notifications()) console.log(notification.kind);
   */
  notifications(): Promise<AsyncIterableIterator<Notification>> {
    return this.#connection.subscribe();
  }

  /** Destroys every session and ends the daemon; returns when it has ended, which closes this connection. */
  async shutdown(options: RequestOptions = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? SHUTDOWN_TIMEOUT_MS;
    await this.request('shutdown', {}, { timeoutMs });
    await this.#connection.closed(timeoutMs);
  }

  /** Ends the connection. Requests without an answer fail with `CLOSED`. */
  close(): void {
    this.#connection.close();
  }
}
