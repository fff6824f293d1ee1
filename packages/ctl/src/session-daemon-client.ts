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
  type DomainName,
  type MapChannelParameters,
  type MapRow,
  type NewSnapshotOutput,
  type Notification,
  type RecordingRule,
  type Retention,
  type RingMemory,
  type RotationSchedule,
  type RuleType,
  type SessionDescription,
  type SessionDiagnosis,
  type SessionStatistics,
  type SnapshotOutput,
  type SnapshotOutputParameters,
  type SnapshotRecorded,
  type TraceFormat,
  type TracepointDescription,
  type TrackedAttribute,
  type TriggerDefinition,
  type TriggerDescription,
} from '@ringtail/protocol';
import { type ConnectOptions, DaemonConnection, type RequestOptions } from './daemon-connection.ts';

const SHUTDOWN_TIMEOUT_MS = 600_000;

export interface NewSession {
  readonly name: string;
  /**
   * Absolute path of the session's directory, which must hold no other trace; null: the session writes only snapshots.
   */
  readonly output: string | null;
  /** Directory for rings as files, which outlive every process; by default rings are memory. */
  readonly shmPath?: string | null;
  readonly clock?: ClockKind;
  /** Flight recorder: the session writes only snapshots, by default to `output`. */
  readonly snapshot?: boolean;
  /** null: the daemon's default. */
  readonly format?: TraceFormat | null;
}

/**
 * `wait` true: the answer comes when the work is done. False: it comes when the work has begun, which goes on in the
 * daemon.
 */
export interface WaitOptions {
  readonly wait?: boolean;
}
export interface Waiting extends WaitOptions {
  readonly wait?: true;
}
export interface NotWaiting extends WaitOptions {
  readonly wait: false;
}

export interface InstrumentationOptions extends RequestOptions {
  /** False leaves the fields of tracepoints out, which are most of a long answer. */
  readonly fields?: boolean;
  /** Lists system calls of the kernel in place of its tracepoints. */
  readonly syscalls?: boolean;
}

export interface ListedInstrumentation {
  readonly applications: readonly ApplicationDescription[];
  /** Events that belong to no application. */
  readonly events: readonly TracepointDescription[];
}

export interface SnapshotOptions {
  /** Output in place of the session's own. */
  readonly output?: SnapshotOutputParameters | null;
  /** Beginning of the directory's name, in place of the output's. */
  readonly name?: string | null;
  /** Size limit of the snapshot, which then holds the newest packets. */
  readonly maxBytes?: number | null;
}

/**
 * Client of a session daemon: each command of the command line is a method here.
 *
 * Every method throws `CtlError`: with the daemon's code if the daemon refuses (`NO_SUCH_SESSION`, `ALREADY_STARTED`,
 * …), with a `ConnectionErrorCode` if the request fails on the way. Requests may overlap; the daemon carries them out
 * in order.
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

  /** Sends any command of the protocol, typed by its name. */
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
   * Makes a channel, or enables a disabled one. The daemon rounds sizes up to powers of two; `listSessions` has the
   * result.
   */
  async enableChannel(session: string, channel: ChannelAttributes, domain: DomainName = 'user'): Promise<void> {
    await this.request('enable-channel', { session, domain, channel });
  }

  async disableChannel(session: string, channel: string, domain: DomainName = 'user'): Promise<void> {
    await this.request('disable-channel', { session, domain, channel });
  }

  /**
   * Adds or enables a rule. Answers the channel's name; `channel` null is the default channel, created if the session
   * has none.
   */
  async enableEvent(
    session: string,
    rule: RecordingRule,
    channel: string | null = null,
    domain: DomainName = 'user',
  ): Promise<string> {
    return (await this.request('enable-event', { session, domain, channel, rule })).channel;
  }

  /**
   * Disables the rules with exactly this pattern; null: all rules of the channel.
   *
   * @param type of the kernel's rules: rules of other types stay
   */
  disableEvent(
    session: string,
    pattern: string | null,
    channel: string | null = null,
    domain: DomainName = 'user',
    type?: RuleType,
  ): Promise<{ channel: string; disabled: number }> {
    return this.request('disable-event', { session, domain, channel, pattern, ...(type !== undefined && { type }) });
  }

  /** Adds context fields to a channel, or with null to all channels; answers their names. */
  async addContext(
    session: string,
    contexts: readonly string[],
    channel: string | null = null,
    domain: DomainName = 'user',
  ): Promise<readonly string[]> {
    return (await this.request('add-context', { session, domain, channel, contexts })).channels;
  }

  /** All contexts of a domain, each with the reason if this machine does not have it. */
  listContexts(domain: DomainName = 'user'): Promise<readonly ContextDescription[]> {
    return this.request('list-contexts', { domain });
  }

  /**
   * Adds process, user or group numbers to a tracker: the session records only applications with these numbers; null:
   * all.
   */
  async track(
    session: string,
    attribute: TrackedAttribute,
    values: readonly number[] | null,
    domain: DomainName = 'user',
  ): Promise<void> {
    await this.request('track', { session, domain, attribute, values });
  }

  async untrack(
    session: string,
    attribute: TrackedAttribute,
    values: readonly number[] | null,
    domain: DomainName = 'user',
  ): Promise<void> {
    await this.request('untrack', { session, domain, attribute, values });
  }

  async startSession(session: string): Promise<void> {
    await this.request('start-session', { session });
  }

  /** Makes each program of a process tree that does not register a trouble of the session. */
  async watchCommand(session: string, pid: number, preload: string): Promise<void> {
    await this.request('watch-command', { session, pid, preload });
  }

  /**
   * Answers once everything committed before the stop is in the trace files; with `wait: false` once the session
   * records no longer, with null. Later requests about the session wait for the rest, whose failures are troubles of
   * the session.
   */
  stopSession(session: string, options?: Waiting): Promise<SessionStatistics>;
  stopSession(session: string, options: NotWaiting): Promise<null>;
  stopSession(session: string, options: WaitOptions): Promise<SessionStatistics | null>;
  stopSession(session: string, { wait = true }: WaitOptions = {}): Promise<SessionStatistics | null> {
    return this.request(wait ? 'stop-session' : 'begin-stop', { session });
  }

  /**
   * Answers once all recorded events are in the trace files, for a rotated session with its last archive; with `wait:
   * false` once no list has the session any longer, with null. A new session of the same name or output waits until
   * this one is gone. If the destruction fails, the session is in the list again, stopped, with a trouble.
   */
  destroySession(session: string, options?: Waiting): Promise<DestroyedSession>;
  destroySession(session: string, options: NotWaiting): Promise<null>;
  destroySession(session: string, options: WaitOptions): Promise<DestroyedSession | null>;
  destroySession(session: string, { wait = true }: WaitOptions = {}): Promise<DestroyedSession | null> {
    return this.request(wait ? 'destroy-session' : 'begin-destruction', { session });
  }

  /** Writes the content of a flight recorder's rings; answers once it is on disk. */
  recordSnapshot(session: string, options: SnapshotOptions = {}): Promise<SnapshotRecorded> {
    const { output = null, name = null, maxBytes = null } = options;
    return this.request('record-snapshot', { session, output, name, maxBytes });
  }

  addSnapshotOutput(session: string, output: NewSnapshotOutput): Promise<SnapshotOutput> {
    return this.request('add-snapshot-output', { session, output });
  }

  /** @param output its number or its name */
  async deleteSnapshotOutput(session: string, output: number | string): Promise<void> {
    await this.request('delete-snapshot-output', { session, output });
  }

  /**
   * Archives the current trace chunk. Answers once the archive is complete; with `wait: false` once the rotation has
   * begun, with the directory of the future archive, which the notification `rotation-completed` announces. Refused
   * with `ROTATION_PENDING` during another rotation.
   */
  rotateSession(session: string, options?: Waiting): Promise<{ archive: string; statistics: SessionStatistics }>;
  rotateSession(session: string, options: NotWaiting): Promise<{ archive: string }>;
  rotateSession(session: string, options: WaitOptions): Promise<{ archive: string; statistics?: SessionStatistics }>;
  rotateSession(session: string, { wait = true }: WaitOptions = {}): Promise<{ archive: string }> {
    return this.request(wait ? 'rotate-session' : 'begin-rotation', { session });
  }

  /** Changes the given members, and answers the whole schedule. */
  setRotationSchedule(session: string, schedule: Partial<RotationSchedule>): Promise<RotationSchedule> {
    return this.request('set-rotation-schedule', { session, ...schedule });
  }

  /** Changes the given limits of the archives that are kept, and answers all limits. */
  setRetention(session: string, limits: Partial<Retention>): Promise<Retention> {
    return this.request('set-retention', { session, ...limits });
  }

  /** Drops all recorded events, but no archived chunk and no snapshot. */
  async clearSession(session: string): Promise<void> {
    await this.request('clear-session', { session });
  }

  /** Samples the clock's offset again, after a change of the system's time. */
  async regenerateMetadata(session: string): Promise<void> {
    await this.request('regenerate-metadata', { session });
  }

  /** Makes each application record its state again. */
  async regenerateStatedump(session: string): Promise<void> {
    await this.request('regenerate-statedump', { session });
  }

  /** Gives back memory of consumed sub-buffers of at least this age. Answers the number of bytes. */
  async reclaimMemory(
    session: string,
    olderThanUs = 0,
    channels: readonly string[] | null = null,
    domain: DomainName = 'user',
  ): Promise<number> {
    return (await this.request('reclaim-memory', { session, domain, channels, olderThanUs })).bytes;
  }

  listSessions(): Promise<readonly SessionDescription[]> {
    return this.request('list-sessions', {});
  }

  /** The registered threads of programs in user space: see {@link listInstrumentation}. */
  async listApplications(options: InstrumentationOptions = {}): Promise<readonly ApplicationDescription[]> {
    return (await this.listInstrumentation('user', options)).applications;
  }

  /** Programs and events that a domain can record now. Threads with the same tracepoints share one list. */
  async listInstrumentation(domain: DomainName, options: InstrumentationOptions = {}): Promise<ListedInstrumentation> {
    const { fields = true, syscalls } = options;
    const { applications, tracepointLists, events } = await this.request(
      'list-instrumentation',
      { domain, fields, ...(syscalls !== undefined && { syscalls }) },
      options,
    );
    const described = applications.map((application) => ({
      ...application,
      tracepoints: tracepointLists[application.tracepoints] ?? [],
    }));
    return { applications: described, events };
  }

  sessionStatistics(session: string): Promise<SessionStatistics> {
    return this.request('session-statistics', { session });
  }

  /** Memory of each ring of a session. */
  sessionMemory(session: string): Promise<readonly RingMemory[]> {
    return this.request('session-memory', { session });
  }

  /** Reasons why a session has recorded nothing, as far as the daemon knows them. */
  sessionDiagnosis(session: string): Promise<SessionDiagnosis> {
    return this.request('session-diagnosis', { session });
  }

  /**
   * Adds a trigger and answers its name. From then on it applies to each event of each application of its owner. Its
   * action `notify` sends {@link notifications} to its owner.
   *
   * @param ownerUid another owner; for root only
   */
  async addTrigger(trigger: TriggerDefinition, ownerUid: number | null = null): Promise<string> {
    return (await this.request('add-trigger', { trigger, ownerUid })).name;
  }

  async removeTrigger(name: string, ownerUid: number | null = null): Promise<void> {
    await this.request('remove-trigger', { name, ownerUid });
  }

  /** The triggers of this user, for root those of all users, with their statistics. */
  listTriggers(): Promise<readonly TriggerDescription[]> {
    return this.request('list-triggers', {});
  }

  /**
   * Makes a map of counters, which triggers increment while the session is active. Answers its name; null gets the
   * first free one.
   */
  async addMap(session: string, map: MapChannelParameters, domain: DomainName = 'user'): Promise<string> {
    return (await this.request('add-map', { session, domain, map })).name;
  }

  /** The counters of one map, or with null of all maps of the session. */
  showMaps(session: string, map: string | null = null, domain: DomainName = 'user'): Promise<readonly MapRow[]> {
    return this.request('show-maps', { session, domain, map });
  }

  /**
   * Notifications about sessions, applications and triggers from now on. Several readers may run at once, until the
   * connection ends.
   *
   * A slow reader gets `dropped` with the number of notifications that it missed.
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
