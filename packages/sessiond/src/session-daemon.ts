import { describeError, within } from '@ringtail/base';
import { processorMs, systemTimers as timers } from '@ringtail/base/node';
import { descriptorLimit, type Posix } from '@ringtail/posix';
import type { Request, TraceFormat } from '@ringtail/protocol';
import { FlightRecorders } from './archives/flight-recorders.ts';
import { RetentionKeeper } from './archives/retention-keeper.ts';
import { RotationScheduler } from './archives/rotation-scheduler.ts';
import { RotationWatch } from './archives/rotation-watch.ts';
import { ClientServer } from './clients/client-server.ts';
import { CommandService } from './clients/command-service.ts';
import { openToGroup } from './clients/group-access.ts';
import { SessionQueue } from './clients/session-queue.ts';
import { ArchiveCommands } from './commands/archive-commands.ts';
import { commandHandlers } from './commands/command-handlers.ts';
import type { CommandServices } from './commands/command-services.ts';
import { SessionCommands } from './commands/session-commands.ts';
import { SessionWork } from './commands/session-work.ts';
import { prepareConsumerDirectory } from './consumer/consumer-directory.ts';
import { ConsumerLink } from './consumer/consumer-link.ts';
import { consumerStarter } from './consumer/consumer-process.ts';
import { Consumers } from './consumer/consumers.ts';
import type { KernelAbsence } from './domains/absent-domain.ts';
import type { Domain } from './domains/domain.ts';
import type { OtherDomainServices } from './domains/domain-services.ts';
import { Domains } from './domains/domains.ts';
import { SessionTasks } from './domains/session-tasks.ts';
import { Applications } from './domains/user/applications/applications.ts';
import { serveApplications } from './domains/user/serve-applications.ts';
import { HelperPool } from './helpers/helper-pool.ts';
import { helperStarter } from './helpers/helper-process.ts';
import { SessionOutputs } from './helpers/session-outputs.ts';
import type { FileLog } from './log/log.ts';
import { LimitedLog } from './log/peer-log.ts';
import type { MetricsOptions, ServeMetricsOptions } from './metrics/serve-metrics.ts';
import { triggerSampleOf } from './metrics/trigger-sample.ts';
import type { Client } from './model/client.ts';
import { DesiredStateBudget } from './model/desired-state-budget.ts';
import { Listeners } from './model/listeners.ts';
import type { Session } from './model/session.ts';
import { SessionRegistry } from './model/session-registry.ts';
import { NotificationHub } from './notifications/notification-hub.ts';
import { descriptorOf } from './peers/descriptor-of.ts';
import { processWork } from './peers/process-identity.ts';
import { OomLedger } from './process-exits/oom-kills.ts';
import { ProcessExits } from './process-exits/process-exits.ts';
import { readText } from './process-exits/process-handle.ts';
import { makeShares } from './shares/shares.ts';
import type { RunDirectoryClaim } from './startup/run-directory-claim.ts';
import { RunDirectoryWatch } from './startup/run-directory-watch.ts';
import { ThreadCounters } from './triggers/counters/thread-counters.ts';
import { makeTriggers } from './triggers/triggers.ts';

/** Limit for destroying all sessions at the end: a consumer may not answer. */
export const SHUTDOWN_MS_MAX = 60_000;
/** The usual limit of descriptors, if the kernel does not report one. */
const DESCRIPTORS_DEFAULT = 1024;
/** Period for collecting the consumers' troubles, which they lose when they die. */
const TROUBLES_PERIOD_MS = 10_000;

export interface SessionDaemonOptions {
  readonly posix: Posix;
  readonly claim: RunDirectoryClaim;
  readonly uid: number;
  /** Group whose users may give commands to a daemon of root; undefined: root alone. */
  readonly clientGroup: number | undefined;
  /** Name of that group if it was named and does not exist. */
  readonly missingGroup: string | null;
  readonly consumerMain: string;
  /** Main module of the helper processes. */
  readonly helperMain: string;
  /** Format of sessions that are created without one. */
  readonly defaultFormat: TraceFormat;
  /** Address of the metrics endpoint; undefined: none. */
  readonly metrics: MetricsOptions | undefined;
  /** Makes the domains besides user space; absent: none. */
  readonly domains?: (services: OtherDomainServices) => readonly Domain[];
  /** Why the kernel is not among them; absent: since the daemon is not of root. */
  readonly kernelAbsence?: KernelAbsence | undefined;
  readonly log: FileLog;
  /** Called when the daemon begins to end. */
  readonly onStopping: (why: string) => void;
}

/** A running session daemon. */
export interface SessionDaemon {
  /** Destroys all sessions, ends the consumers and removes the files in the run directory. */
  stop(why: string): Promise<void>;
  readonly helpers: HelperPool;
  /** Carries out a command as the daemon's own user. @throws {RingtailError} */
  execute(request: Request): Promise<unknown>;
  /** Records a snapshot of every flight recorder; a failure is a line in the log. */
  snapshotAll(why: string): Promise<void>;
  /** Resolves when the daemon has stopped. */
  readonly stopped: Promise<void>;
}

/** Constructs all parts, each from parts before it, and listens. */
export async function startSessionDaemon(options: SessionDaemonOptions): Promise<SessionDaemon> {
  const { posix, claim, uid, clientGroup, missingGroup } = options;
  const { directory } = claim;
  const isRoot = uid === 0;
  const now = () => new Date();
  const log = new LimitedLog({ log: options.log, timers });
  const descriptors = descriptorLimit() ?? DESCRIPTORS_DEFAULT;
  const shares = makeShares({ daemonUid: uid, descriptors, timers, processorMs });
  const { userBehind } = shares;

  const notifications = new NotificationHub();
  const troubles = new Listeners<[Session, string]>();
  const budget = new DesiredStateBudget(shares.desiredState);
  const registry = new SessionRegistry(shares, troubles.notify);
  const sessions = () => registry.sessions();
  const isRecording = () => sessions().some(({ active }) => active);
  const queue = new SessionQueue();
  const commands = new CommandService({ registry, queue, notifications, log });

  const consumers = new Consumers({
    runDirectory: directory,
    daemonUid: uid,
    userBehind,
    sessions,
    prepare: (consumer) => prepareConsumerDirectory(posix, consumer, directory, isRoot),
    makeLink: (consumer, onHung) =>
      new ConsumerLink({
        socketPath: consumer.consumerSocket,
        startConsumer: consumerStarter(options.consumerMain, consumer.path, log),
        peerPidOf: (socket) => posix.peerCredentials(descriptorOf(socket)).pid,
        workOf: processWork,
        onHung,
        log,
      }),
    log,
  });
  const domains = new Domains(options.kernelAbsence);
  const tasks = new SessionTasks(domains);
  const helpers = new HelperPool({ startHelper: helperStarter(options.helperMain, posix, log), userBehind, log });
  helpers.warmUp();
  const outputs = new SessionOutputs(helpers);

  const applications = new Applications();
  const exits = new ProcessExits({ oomKills: new OomLedger(readText), timers });
  const counters = new ThreadCounters(shares.kept);
  const rotations = new RotationWatch();
  const triggers = makeTriggers({
    helpers,
    registry,
    domains,
    applications,
    exits,
    recordedBytes: (session) => tasks.recordedBytes(session),
    commands,
    notifications,
    rotations,
    troubles,
    counters,
    budget,
    shares,
    timers,
    now,
    log,
  });
  await consumers.start();
  const userSpace = serveApplications({
    posix,
    directory,
    daemonUid: uid,
    applications,
    consumers,
    helpers,
    outputs,
    exits,
    triggers,
    counters,
    budget,
    commands,
    notifications,
    shares,
    timers,
    now,
    log,
  });
  for (const domain of userSpace.domains) domains.add(domain);
  for (const domain of options.domains?.({ consumers, outputs, shares, timers, log }) ?? []) domains.add(domain);

  let requestStop: (why: string) => void = () => {};
  const stopRequested = new Promise<string>((resolve) => {
    requestStop = resolve;
  });
  const retention = new RetentionKeeper({ sessions, outputs, userBehind, timers, now, log });
  const services: CommandServices = {
    registry,
    queue,
    domains,
    helpers,
    outputs,
    consumers,
    tasks,
    notifications,
    triggers: triggers.engine,
    turns: shares.turns,
    rotations,
    retention,
    runDirectory: directory.path,
    missingGroup,
    defaultFormat: options.defaultFormat,
    daemonUid: uid,
    onShutdown: () => setImmediate(() => requestStop('a client asked for it')),
    now,
    log,
  };
  const work = new SessionWork(services);
  const archiveCommands = new ArchiveCommands(services, work);
  const sessionCommands = new SessionCommands(services, work, archiveCommands);
  commands.serve(commandHandlers(services, { archives: archiveCommands, sessions: sessionCommands }));
  const rotationScheduler = new RotationScheduler({
    sessions,
    recordedBytes: (session) => tasks.recordedBytes(session),
    rotate: (session) => queue.run(session.name, () => archiveCommands.rotateIfActive(session)),
    timers,
    log,
  });
  commands.sessionChanged.listen(() => rotationScheduler.check());

  if (missingGroup !== null) log.warn(`there is no group ${missingGroup}: only root may give commands`);
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
  openToGroup(directory.clientSocket, clientGroup, log);

  const self: Client = { uid, gid: process.getegid?.() ?? 0, notify: () => true, onClosed: () => {} };
  const execute = (request: Request) => commands.execute(request, self);
  const metrics = await startMetrics(options.metrics, {
    sessions,
    statistics: (session) => tasks.statistics(session),
    channelUse: (session) => domains.channelUse(session),
    daemon: () => ({
      threads: applications.threads().length,
      processes: new Set(applications.threads().map(({ pid }) => pid)).size,
      consumers: consumers.status({ uid: 0, gid: 0 }),
      hangingOperations: helpers.stuck(),
      triggers: Array.from(triggers.engine.describe({ uid: 0, gid: 0 }), triggerSampleOf),
    }),
    notifications,
    execute,
    duplicate: posix.duplicate,
    log,
  });
  const troublesTimer = setInterval(() => {
    for (const session of sessions()) {
      if (session.active) tasks.statistics(session).catch((error) => log.debug(describeError(error)));
    }
  }, TROUBLES_PERIOD_MS);
  const runDirectoryWatch = new RunDirectoryWatch({
    socketPath: directory.clientSocket,
    isInUse: () => isRecording() || triggers.engine.size > 0,
    restore: async () => {
      await claim.renew();
      options.log.reopen();
      await consumers.listenAgain();
      userSpace.server.listenAgain();
      clientServer.listenAgain();
      openToGroup(directory.clientSocket, clientGroup, log);
    },
    stop: requestStop,
    timers,
    log,
  });
  log.info(`process ${process.pid} serves ${directory.path}`);

  const stopped = stopRequested.then(async (why) => {
    log.info(`stopping: ${why}`);
    options.onStopping(why);
    clientServer.close();
    metrics?.close();
    rotationScheduler.close();
    retention.close();
    userSpace.unregistered.close();
    triggers.close();
    exits.close();
    clearInterval(troublesTimer);
    runDirectoryWatch.close();
    await within(SHUTDOWN_MS_MAX, sessionCommands.destroyAll());
    helpers.close();
    userSpace.server.close();
    await consumers.stop();
    claim.release();
    log.close();
    log.info('stopped');
  });
  const recorders = new FlightRecorders({ sessions, execute, log });
  return {
    stop(why) {
      requestStop(why);
      return stopped;
    },
    stopped,
    helpers,
    execute,
    snapshotAll: (why) => recorders.snapshotAll(why),
  };
}

/** Loads the endpoint only if it is configured: most daemons serve no metrics. */
async function startMetrics(
  options: MetricsOptions | undefined,
  parts: Omit<ServeMetricsOptions, keyof MetricsOptions>,
): Promise<{ close(): void } | undefined> {
  if (options === undefined) return undefined;
  const { serveMetrics } = await import('./metrics/serve-metrics.ts');
  return await serveMetrics({ ...parts, ...options });
}
