import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Timers } from '@ringtail/base';
import type { Posix, RunDirectory } from '@ringtail/posix';
import { NODE_LOGGERS } from '@ringtail/protocol';
import type { CommandService } from '../../clients/command-service.ts';
import type { Consumers } from '../../consumer/consumers.ts';
import type { HelperPool } from '../../helpers/helper-pool.ts';
import type { SessionOutputs } from '../../helpers/session-outputs.ts';
import type { PeerLog } from '../../log/peer-log.ts';
import type { DesiredStateBudget } from '../../model/desired-state-budget.ts';
import { Listeners } from '../../model/listeners.ts';
import type { NotificationHub } from '../../notifications/notification-hub.ts';
import { DescriptorQuarantine } from '../../peers/descriptor-quarantine.ts';
import type { ProcessExits } from '../../process-exits/process-exits.ts';
import type { Shares } from '../../shares/shares.ts';
import type { ThreadCounters } from '../../triggers/counters/thread-counters.ts';
import type { Triggers } from '../../triggers/triggers.ts';
import type { Domain } from '../domain.ts';
import { LoggerDomain } from '../loggers/logger-domain.ts';
import { AppServer } from './applications/app-server.ts';
import { ApplicationService } from './applications/application-service.ts';
import type { Applications } from './applications/applications.ts';
import { FilterCounters } from './diagnosis/filter-counters.ts';
import { ProgramTroubles } from './diagnosis/program-troubles.ts';
import { UserParts } from './part/user-parts.ts';
import { StatePublisher } from './publishing/state-publisher.ts';
import { RingKeeper } from './recording/ring-keeper.ts';
import { TraceKeeper } from './recording/trace-keeper.ts';
import { procView } from './unregistered/process-view.ts';
import { UnregisteredPrograms } from './unregistered/unregistered-programs.ts';
import { UserDomain } from './user-domain.ts';
import type { UserServices } from './user-services.ts';

export interface ServeApplicationsOptions {
  readonly posix: Posix;
  readonly directory: RunDirectory;
  readonly daemonUid: number;
  readonly applications: Applications;
  readonly consumers: Consumers;
  readonly helpers: HelperPool;
  readonly outputs: SessionOutputs;
  readonly exits: ProcessExits;
  readonly triggers: Triggers;
  readonly counters: ThreadCounters;
  readonly budget: DesiredStateBudget;
  readonly commands: CommandService;
  readonly notifications: NotificationHub;
  readonly shares: Shares;
  readonly timers: Timers;
  readonly now: () => Date;
  readonly log: PeerLog;
}

/** The parts of a session daemon that record programs in user space. */
export interface ApplicationServices {
  /** User space, and the loggers that record through it. */
  readonly domains: readonly Domain[];
  readonly server: AppServer;
  readonly unregistered: UnregisteredPrograms;
}

/** Listens for applications, and keeps their control files up to date. */
export function serveApplications(options: ServeApplicationsOptions): ApplicationServices {
  const { posix, daemonUid, applications, consumers, helpers, triggers, counters, shares, timers, log } = options;
  const isRoot = daemonUid === 0;
  const parts = new UserParts(randomUUID, shares, options.budget);
  const filterCounters = new FilterCounters({ open: (counts) => counters.open(counts), parts: () => parts.all() });
  const publisher = new StatePublisher({
    traces: parts.traces,
    turns: shares.turns,
    controlBytes: shares.controlBytes,
    wakePathOf: (owner) => consumers.wakePathOf(owner),
    triggerLogFor: (user, slot) => triggers.engine.logFor(user, slot),
    filterCountersFor: (part, channel, slot) => filterCounters.indexesFor(part, channel, slot),
    log,
  });
  triggers.changed.listen(() => void publisher.publishTriggersSoon());
  const quarantine = new DescriptorQuarantine({
    posix,
    userBehind: shares.userBehind,
    nowMs: () => timers.nowMs(),
  });
  const rings = new RingKeeper(consumers, shares.rings, log);
  const traces = new TraceKeeper({
    parts,
    consumers,
    rings,
    helpers,
    onRingDevice: (device) => quarantine.trust(device),
    onRecordable: () => void publisher.publishSoon(),
    hostname: hostname(),
    log,
  });
  const programTroubles = new ProgramTroubles(() => parts.all());
  const heardOf = new Listeners<[pid: number]>();
  const registrations = new ApplicationService({
    posix,
    parts,
    applications,
    consumers,
    traces,
    rings,
    publisher,
    exits: options.exits,
    triggers: triggers.engine,
    notifications: options.notifications,
    troubles: programTroubles,
    kept: shares.kept,
    timers,
    onHeardOf: heardOf.notify,
    now: options.now,
    log,
  });
  const server = new AppServer({
    posix,
    socketPath: options.directory.appSocket,
    quarantine,
    mode: isRoot ? 0o666 : 0o600,
    shares,
    serves: (peerUid) => isRoot || peerUid === daemonUid || peerUid === 0,
    register: registrations.register,
    registerUnable: registrations.registerUnable,
    onRefused: registrations.refused,
    onShareUsedUp: registrations.shareUsedUp,
    log,
  });
  const drainApplications = () => server.drain();
  const unregistered = new UnregisteredPrograms({
    view: procView,
    troubles: programTroubles,
    registeredPids: () => applications.threads().map(({ pid }) => pid),
    drainApplications,
    isWanted: () => parts.all().some(({ session }) => session.active),
    timers,
  });
  heardOf.listen((pid) => unregistered.heardOf(pid));
  options.commands.sessionChanged.listen(() => unregistered.sessionsChanged());
  const services: UserServices = {
    parts,
    applications,
    traces,
    rings,
    outputs: options.outputs,
    publisher,
    consumers,
    drainApplications,
    triggers: triggers.engine,
    filterCounters,
    programTroubles,
    unregistered,
    runDirectory: options.directory.path,
    log,
  };
  const domain = new UserDomain(services);
  const domains = [domain, ...NODE_LOGGERS.map((name) => new LoggerDomain(name, domain, services))];
  return { domains, server, unregistered };
}
