import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import { describeError, errnoOf } from '@ringtail/base';
import { changeEntry, descriptorLimit, ensureDirectory, type Posix } from '@ringtail/posix';
import type { Request, TraceFormat } from '@ringtail/protocol';
import { FlightRecorders } from './archives/flight-recorders.ts';
import { RotationScheduler } from './archives/rotation-scheduler.ts';
import { RotationWatch } from './archives/rotation-watch.ts';
import type { Client } from './clients/client.ts';
import { ClientServer } from './clients/client-server.ts';
import { CommandService } from './clients/command-service.ts';
import { scheduleTimer } from './conditions/schedule.ts';
import { ConsumerLink } from './consumer/consumer-link.ts';
import { consumerStarter } from './consumer/consumer-process.ts';
import { Consumers } from './consumer/consumers.ts';
import { RingKeeper } from './consumer/ring-keeper.ts';
import { TraceKeeper } from './consumer/trace-keeper.ts';
import { FilterCounters } from './diagnosis/filter-counters.ts';
import { AppServer } from './domains/user/app-server.ts';
import { ApplicationService } from './domains/user/application-service.ts';
import { ProgramTroubles } from './domains/user/program-troubles.ts';
import { StatePublisher } from './domains/user/state-publisher.ts';
import { procView } from './domains/user/unregistered/process-view.ts';
import { UnregisteredPrograms } from './domains/user/unregistered/unregistered-programs.ts';
import type { FileLog } from './log/log.ts';
import { LimitedLog } from './log/peer-log.ts';
import type { MetricsOptions, ServeMetricsOptions } from './metrics/serve-metrics.ts';
import { DesiredStateBudget } from './model/desired-state-budget.ts';
import { Listeners } from './model/listeners.ts';
import { mayUse, type Session } from './model/session.ts';
import { SessionRegistry } from './model/session-registry.ts';
import { NotificationHub } from './notifications/notification-hub.ts';
import { descriptorOf } from './peers/descriptor-of.ts';
import { DescriptorQuarantine } from './peers/descriptor-quarantine.ts';
import { processWork } from './peers/process-identity.ts';
import { helperStarter } from './places/helper-process.ts';
import { Places } from './places/places.ts';
import { OomLedger } from './process-exits/oom-kills.ts';
import { ProcessExits } from './process-exits/process-exits.ts';
import { readText } from './process-exits/process-handle.ts';
import { makeShares } from './shares/shares.ts';
import type { RunDirectoryClaim } from './startup/run-directory-claim.ts';
import { RunDirectoryWatch } from './startup/run-directory-watch.ts';
import { ActionTable } from './triggers/actions/action-table.ts';
import type { FindSession } from './triggers/actions/map-increments.ts';
import type { ConditionSources } from './triggers/conditions/condition-source.ts';
import { conditionSources } from './triggers/conditions/condition-sources.ts';
import { ConsumedSizeSource } from './triggers/conditions/session-consumed-size.ts';
import { rotationSource } from './triggers/conditions/session-rotation.ts';
import { troubleSource } from './triggers/conditions/session-trouble.ts';
import { KeyCounters } from './triggers/counters/key-counters.ts';
import { ThreadCounters } from './triggers/counters/thread-counters.ts';
import { TriggerEngine } from './triggers/trigger-engine.ts';
import { triggerSampleOf } from './triggers/trigger-sample.ts';

/** A consumer that does not answer holds the end up for so long. */
const SHUTDOWN_MS_MAX = 60_000;
/** The usual limit of descriptors, where the kernel does not say. */
const DESCRIPTORS_DEFAULT = 1024;
/** How often the consumer is asked what went wrong, which it forgets when it dies. */
const TROUBLES_PERIOD_MS = 10_000;

export interface SessionDaemonOptions {
  readonly posix: Posix;
  readonly claim: RunDirectoryClaim;
  readonly uid: number;
  /** Group whose users may give commands to a daemon of root; undefined: root alone. */
  readonly clientGroup: number | undefined;
  /** Name of that group where it was named and does not exist. */
  readonly missingGroup: string | null;
  readonly consumerMain: string;
  /** Main module of the helper processes. */
  readonly helperMain: string;
  /** Of sessions that are created without one. */
  readonly defaultFormat: TraceFormat;
  /** Where metrics are served; undefined: nowhere. */
  readonly metrics: MetricsOptions | undefined;
  readonly log: FileLog;
  /** Called when the daemon begins to end. */
  readonly onStopping: (why: string) => void;
}

/** A session daemon at work in a run directory. */
export interface SessionDaemon {
  /** Destroys all sessions, ends the consumer and removes what is in the run directory. */
  stop(why: string): Promise<void>;
  readonly places: Places;
  /** Carries out a command as the daemon's own user. @throws {RingtailError} */
  execute(request: Request): Promise<unknown>;
  /** Records a snapshot of every flight recorder; what cannot be recorded is a line in the log. */
  snapshotAll(why: string): Promise<void>;
  /** Resolves when the daemon has stopped, whoever asked for it. */
  readonly stopped: Promise<void>;
}

/** Puts the parts together and listens. */
export async function startSessionDaemon(options: SessionDaemonOptions): Promise<SessionDaemon> {
  const { posix, claim, uid, clientGroup, missingGroup, consumerMain, helperMain } = options;
  const { directory } = claim;
  const isRoot = uid === 0;
  const credentialsOf = (socket: Socket) => posix.peerCredentials(descriptorOf(socket));
  const descriptors = descriptorLimit() ?? DESCRIPTORS_DEFAULT;
  const now = () => new Date();
  const nowMs = () => performance.now();
  const shares = makeShares({ daemonUid: uid, descriptors, nowMs });
  const log = new LimitedLog({ log: options.log, nowMs, schedule: scheduleTimer });

  const budget = new DesiredStateBudget(shares.desiredState);
  const troubleWatch = new Listeners<[Session, string]>();
  const registry = new SessionRegistry(randomUUID, shares, budget, troubleWatch.tell);
  const counters = new ThreadCounters();
  const filterCounters = new FilterCounters({
    open: (counts) => counters.open(counts),
    sessions: () => registry.sessions(),
  });
  const publisher = new StatePublisher({
    registry,
    turns: shares.turns,
    controlBytes: shares.controlBytes,
    wakePathOf: (owner) => consumers.wakePathOf(owner),
    feedFor: (user, slot) => triggers.feedFor(user, slot),
    filterCountersFor: (session, channel, slot) => filterCounters.indexesFor(session, channel, slot),
    log,
  });
  const consumers = new Consumers({
    runDirectory: directory,
    daemonUid: uid,
    userBehind: shares.userBehind,
    prepare(place) {
      // Programs of every user come through it to the FIFO.
      ensureDirectory(place.path, { mode: isRoot ? 0o755 : 0o700, ownBelow: directory.path });
      rmSync(place.wakeFifo, { force: true });
      // Whoever may register may also wake the consumer.
      posix.mkfifo(place.wakeFifo, isRoot ? 0o622 : 0o600);
    },
    makeLink: (place) =>
      new ConsumerLink({
        socketPath: place.consumerSocket,
        startConsumer: consumerStarter(consumerMain, place.path, log),
        peerPidOf: (socket) => credentialsOf(socket).pid,
        workOf: processWork,
        onHung: (sentence) => {
          for (const session of registry.sessions()) {
            if (session.traced && consumers.isOf(place.user, session.owner)) session.troubles.add(sentence);
          }
        },
        log,
      }),
    isUsed: (user) => registry.sessions().some(({ owner }) => consumers.isOf(user, owner)),
    log,
  });
  const rings = new RingKeeper(consumers, shares.rings, log);
  const places = new Places({ startHelper: helperStarter(helperMain, posix, log), userBehind: shares.userBehind, log });
  places.warmUp();
  const quarantine = new DescriptorQuarantine({ posix, userBehind: shares.userBehind, nowMs });
  const onRingDevice = (device: string) => quarantine.trust(device);
  const onRecordable = () => void publisher.publishSoon();
  const traces = new TraceKeeper({
    registry,
    consumers,
    rings,
    places,
    onRingDevice,
    onRecordable,
    hostname: hostname(),
    log,
  });
  const notifications = new NotificationHub();
  const exits = new ProcessExits({ oomKills: new OomLedger(readText), nowMs, schedule: scheduleTimer });
  const findSession: FindSession = (name, owner) =>
    registry.sessions().find((session) => session.name === name && mayUse(session, owner));
  const actions = new ActionTable({
    execute: (request, client) => commands.execute(request, client),
    findSession,
    notifications,
    schedule: scheduleTimer,
  });
  const triggers = new TriggerEngine({
    sources: () => sources,
    counters,
    keyCounters: new KeyCounters(shares.kept),
    budget,
    shares,
    findSession,
    perform: actions.perform,
    publish: () => void publisher.publishTriggersSoon(),
    now,
    log,
  });
  const programTroubles = new ProgramTroubles(() => registry.sessions());
  const applications = new ApplicationService({
    posix,
    registry,
    consumers,
    traces,
    rings,
    publisher,
    exits,
    triggers,
    notifications,
    troubles: programTroubles,
    kept: shares.kept,
    onHeardOf: (pid) => unregistered.heardOf(pid),
    now,
    log,
  });
  const unregistered = new UnregisteredPrograms({
    view: procView,
    troubles: programTroubles,
    registeredPids: () => applications.threads().map(({ pid }) => pid),
    drainApplications: () => appServer.drain(),
    isWanted: () => registry.sessions().some(({ active }) => active),
    nowMs,
    schedule: scheduleTimer,
  });
  const rotationWatch = new RotationWatch();
  const commands: CommandService = new CommandService({
    registry,
    applications,
    traces,
    rings,
    places,
    publisher,
    consumers,
    drainApplications: () => appServer.drain(),
    uid,
    onShutdown: () => setImmediate(() => void stop('a client asked for it')),
    onChanged: () => {
      rotations.look();
      unregistered.look();
      triggers.sessionsChanged();
    },
    onRotation: rotationWatch.tell,
    triggers,
    filterCounters,
    programTroubles,
    unregistered,
    turns: shares.turns,
    notifications,
    runDirectory: directory.path,
    missingGroup,
    defaultFormat: options.defaultFormat,
    now,
    log,
  });
  const rotations = new RotationScheduler({
    sessions: () => registry.sessions(),
    recordedBytes: (session) => commands.recordedBytes(session),
    rotate: (session) => commands.rotate(session),
    nowMs: () => performance.now(),
    schedule: (callback, delayMs) => {
      const timer = setTimeout(callback, delayMs);
      return { cancel: () => clearTimeout(timer) };
    },
    log,
  });
  const sources: ConditionSources = {
    ...conditionSources({ registry, applications, exits, consumers, nowMs, schedule: scheduleTimer, log }),
    'session-rotation': rotationSource(rotationWatch),
    'session-trouble': troubleSource(troubleWatch),
    'session-consumed-size': new ConsumedSizeSource({
      findSession,
      recordedBytes: (session) => commands.recordedBytes(session),
      schedule: scheduleTimer,
      log,
    }),
  };
  await consumers.start();
  const appServer = new AppServer({
    posix,
    socketPath: directory.appSocket,
    quarantine,
    mode: isRoot ? 0o666 : 0o600,
    shares,
    serves: (peerUid) => isRoot || peerUid === uid || peerUid === 0,
    register: applications.register,
    registerUnable: applications.registerUnable,
    onRefused: applications.refused,
    onShareUsedUp: (peer, share) => applications.shareUsedUp(peer, share),
    log,
  });
  if (missingGroup !== null) log.warn(`there is no group ${missingGroup}: only root may give commands`);
  const openToGroup = () => {
    if (clientGroup === undefined) return;
    try {
      changeEntry(directory.clientSocket, { mode: 0o660, gid: clientGroup });
    } catch (error) {
      if (errnoOf(error) !== 'EINVAL') throw error;
      log.warn(`group ${clientGroup} does not exist in this user namespace: only root may give commands`);
    }
  };
  const clientServer = new ClientServer({
    posix,
    socketPath: directory.clientSocket,
    rootSocketPath: clientGroup === undefined ? undefined : directory.rootSocket,
    // With a group, the mode of the socket has decided who could connect.
    serves: (peerUid) => peerUid === uid || peerUid === 0 || clientGroup !== undefined,
    execute: (request, client) => commands.execute(request, client),
    shares,
    log,
  });
  openToGroup();

  const self: Client = { uid, gid: process.getegid?.() ?? 0, notify: () => true, onClosed: () => {} };
  const execute = (request: Request) => commands.execute(request, self);
  const metrics = await startMetrics(options.metrics, {
    sessions: () => registry.sessions(),
    statistics: (session) => commands.statistics(session),
    channelUse: (session, channels) => consumers.of(session.owner).channelUse(channels),
    daemon: () => ({
      threads: applications.threads().length,
      processes: new Set(applications.threads().map(({ pid }) => pid)).size,
      consumers: consumers.status({ uid: 0, gid: 0 }),
      hangingOperations: places.stuck(),
      triggers: Array.from(triggers.describe({ uid: 0, gid: 0 }), triggerSampleOf),
    }),
    notifications,
    execute,
    duplicate: posix.duplicate,
    log,
  });

  const troubles = setInterval(() => {
    for (const session of registry.sessions()) {
      if (session.active) commands.recordedBytes(session).catch((error) => log.debug(describeError(error)));
    }
  }, TROUBLES_PERIOD_MS);
  let resolveStopped: () => void = () => {};
  const stopped = new Promise<void>((resolve) => {
    resolveStopped = resolve;
  });
  let stopping: Promise<void> | undefined;
  const stop = (why: string): Promise<void> => {
    stopping ??= (async () => {
      log.info(`stopping: ${why}`);
      options.onStopping(why);
      clientServer.close();
      metrics?.close();
      rotations.close();
      unregistered.close();
      triggers.close();
      actions.close();
      exits.close();
      clearInterval(troubles);
      runDirectoryWatch.close();
      await within(SHUTDOWN_MS_MAX, commands.destroyAll());
      places.close();
      appServer.close();
      await consumers.stop();
      claim.release();
      log.close();
      log.info('stopped');
      resolveStopped();
    })();
    return stopping;
  };
  const runDirectoryWatch = new RunDirectoryWatch({
    socketPath: directory.clientSocket,
    isInUse: () => registry.sessions().some(({ active }) => active) || triggers.size > 0,
    restore: async () => {
      await claim.renew();
      options.log.reopen();
      await consumers.listenAgain();
      appServer.listenAgain();
      clientServer.listenAgain();
      openToGroup();
    },
    stop: (why) => void stop(why),
    schedule: scheduleTimer,
    log,
  });
  log.info(`process ${process.pid} serves ${directory.path}`);
  const recorders = new FlightRecorders({ sessions: () => registry.sessions(), execute, log });
  return { stop, stopped, places, execute, snapshotAll: (why) => recorders.snapshotAll(why) };
}

/** Loaded only where it is asked for: most daemons serve no metrics. */
async function startMetrics(
  options: MetricsOptions | undefined,
  parts: Omit<ServeMetricsOptions, keyof MetricsOptions>,
): Promise<{ close(): void } | undefined> {
  if (options === undefined) return undefined;
  const { serveMetrics } = await import('./metrics/serve-metrics.ts');
  return await serveMetrics({ ...parts, ...options });
}

/** Waits for the promise, but no longer than that. */
async function within(limitMs: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
