import type { RotationWatch } from '../archives/rotation-watch.ts';
import type { CommandService } from '../clients/command-service.ts';
import type { HelperPool } from '../helpers/helper-pool.ts';
import type { PeerLog } from '../log/peer-log.ts';
import type { DesiredStateBudget } from '../model/desired-state-budget.ts';
import { Listeners } from '../model/listeners.ts';
import { mayUse, type Session } from '../model/session.ts';
import type { NotificationHub } from '../notifications/notification-hub.ts';
import type { Shares } from '../shares/shares.ts';
import { ActionTable } from './actions/action-table.ts';
import type { MapOf } from './actions/map-increments.ts';
import type { FindSession } from './conditions/condition-source.ts';
import { type ConditionSourcesOptions, conditionSources } from './conditions/condition-sources.ts';
import { ConsumedSizeSource } from './conditions/session-consumed-size.ts';
import { rotationSource } from './conditions/session-rotation.ts';
import { troubleSource } from './conditions/session-trouble.ts';
import { KeyCounters } from './counters/key-counters.ts';
import type { ThreadCounters } from './counters/thread-counters.ts';
import { TriggerEngine } from './trigger-engine.ts';

export interface TriggersOptions extends ConditionSourcesOptions {
  readonly commands: CommandService;
  /** Bytes of all data stream files of a session. */
  readonly recordedBytes: (session: Session) => Promise<number>;
  readonly notifications: NotificationHub;
  readonly rotations: RotationWatch;
  /** Troubles of sessions, each once. */
  readonly troubles: Listeners<[Session, string]>;
  readonly counters: ThreadCounters;
  readonly budget: DesiredStateBudget;
  readonly shares: Shares;
  readonly helpers: Pick<HelperPool, 'perform'>;
  readonly now: () => Date;
  readonly log: PeerLog;
}

/** The triggers of the daemon: their engine with all its condition sources and actions. */
export interface Triggers {
  readonly engine: TriggerEngine;
  /** Notified when threads have to be given other triggers. */
  readonly changed: Listeners<[]>;
  close(): void;
}

export function makeTriggers(options: TriggersOptions): Triggers {
  const { registry, domains, commands, recordedBytes, notifications, timers, shares, log } = options;
  const findSession: FindSession = (name, owner) =>
    registry.sessions().find((session) => session.name === name && mayUse(session, owner));
  const mapOf: MapOf = (session, { domain = 'user', map }) => domains.present(domain).map(session, map);
  const actions = new ActionTable({
    execute: (request, client) => commands.execute(request, client),
    findSession,
    mapOf,
    notifications,
    timers,
    readToken: (path, owner) => options.helpers.perform('read-token', owner, { path }),
  });
  const changed = new Listeners<[]>();
  const engine = new TriggerEngine({
    sources: {
      ...conditionSources(options),
      'session-rotation': rotationSource(options.rotations),
      'session-trouble': troubleSource(options.troubles),
      'session-consumed-size': new ConsumedSizeSource({
        findSession,
        recordedBytes,
        timers,
        log,
      }),
    },
    counters: options.counters,
    keyCounters: new KeyCounters(shares.kept),
    budget: options.budget,
    shares,
    findSession,
    mapOf,
    perform: actions.perform,
    publish: changed.notify,
    now: options.now,
    nowMs: () => timers.nowMs(),
    log,
  });
  commands.sessionChanged.listen(() => engine.sessionsChanged());
  return {
    engine,
    changed,
    close() {
      engine.close();
      actions.close();
    },
  };
}
