import { totalmem } from 'node:os';
import type { Timers } from '@ringtail/base';
import { TRACKED_VALUES_MAX } from '@ringtail/protocol';
import { BegunFrames } from './begun-frames.ts';
import { ClientSlots } from './client-slots.ts';
import { ConnectionRate } from './connection-rate.ts';
import { planDescriptors } from './descriptor-plan.ts';
import { DrainBudget } from './drain-budget.ts';
import { FairTurns } from './fair-turns.ts';
import {
  ALL_TRACKED_VALUES_MAX,
  APP_BYTES_MAX,
  APP_BYTES_ROOT_RESERVE,
  APP_CONNECTIONS_AT_ONCE_MAX,
  APP_CONNECTIONS_PER_SECOND_MAX,
  APP_CONNECTIONS_ROOT_RESERVE,
  CLIENT_BYTES_MAX,
  CLIENT_BYTES_ROOT_RESERVE,
  CLIENT_CONNECTIONS_AT_ONCE_MAX,
  CLIENT_CONNECTIONS_PER_SECOND_MAX,
  CLIENT_ROOT_RESERVE_RATIO,
  CONTROL_BYTES_MAX,
  CONTROL_BYTES_ROOT_RESERVE,
  DESIRED_STATE_BYTES_MAX,
  DESIRED_STATE_ROOT_RESERVE,
  KEPT_BYTES_MAX,
  KEPT_BYTES_ROOT_RESERVE,
  KERNEL_MEMORY_RATIO,
  KERNEL_ROOT_RESERVE_RATIO,
  SEEN_BYTES_MAX,
  SEEN_BYTES_ROOT_RESERVE,
  SESSION_PARTS_BYTES_MAX,
  SESSION_PARTS_ROOT_RESERVE,
  SESSIONS_MAX,
  SESSIONS_ROOT_RESERVE,
  TRIGGERS_BYTES_MAX,
  TRIGGERS_BYTES_ROOT_RESERVE,
  TRIGGERS_MAX,
  TRIGGERS_ROOT_RESERVE,
} from './limits.ts';
import { type PoolUsers, SharedPool } from './shared-pool.ts';
import { SubordinateUsers } from './subordinate-users.ts';

export interface SharesOptions {
  readonly daemonUid: number;
  /** Limit of descriptors of the daemon. */
  readonly descriptors: number;
  readonly timers: Timers;
  /** Processor time of this process, in milliseconds. */
  readonly processorMs: () => number;
  readonly userBehind?: PoolUsers['userBehind'];
}

/** Everything bounded in the session daemon that one user could use up, divided among users. */
export interface Shares {
  readonly userBehind: PoolUsers['userBehind'];
  readonly turns: FairTurns;
  readonly drains: DrainBudget;
  readonly appRate: ConnectionRate;
  readonly appConnections: SharedPool;
  /** Bytes of begun frames and unread answers of applications. */
  readonly appBytes: SharedPool;
  readonly appFrames: BegunFrames;
  readonly clientRate: ConnectionRate;
  readonly clientSlots: ClientSlots;
  /** Bytes of begun frames, unread answers and unread notifications of clients. */
  readonly clientBytes: SharedPool;
  readonly clientFrames: BegunFrames;
  readonly sessions: SharedPool;
  /** Bytes of rules and triggers in control files. */
  readonly desiredState: SharedPool;
  /** Bytes of desired states in the control files of all threads. */
  readonly controlBytes: SharedPool;
  readonly triggers: SharedPool;
  readonly triggerBytes: SharedPool;
  readonly trackedValues: SharedPool;
  /** Bytes kept for applications. */
  readonly kept: SharedPool;
  /** Bytes of maps without keys and of snapshot outputs, by the owner of their session. */
  readonly sessionParts: SharedPool;
  /** Bytes of tracepoints that sessions have seen, by the owner of the session. */
  readonly seen: SharedPool;
  readonly rings: SharedPool;
  /** Bytes of buffers in the kernel, by the owner of the session. */
  readonly kernelBytes: SharedPool;
}

export function makeShares(options: SharesOptions): Shares {
  const { daemonUid, descriptors, timers, processorMs } = options;
  const nowMs = () => timers.nowMs();
  const subordinates = new SubordinateUsers({ nowMs });
  const userBehind = options.userBehind ?? ((uid) => subordinates.userBehind(uid));
  const users: PoolUsers = { daemonUid, userBehind };
  const plan = planDescriptors(descriptors);
  const isRoot = daemonUid === 0;
  const pool = (of: string, total: number, rootReserve: number, remedy: string) =>
    new SharedPool({ ...users, of, total, rootReserve, remedy });

  const rate = (burst: number, perSecond: number) => new ConnectionRate({ ...users, burst, perSecond, nowMs });

  const appBytes = pool(
    'bytes of begun messages and unread answers of applications',
    APP_BYTES_MAX,
    APP_BYTES_ROOT_RESERVE,
    'end programs of this user that do not read or finish their messages',
  );
  const clientBytes = pool(
    'bytes of begun requests and unread answers of clients',
    CLIENT_BYTES_MAX,
    CLIENT_BYTES_ROOT_RESERVE,
    'end clients of this user that do not read their answers',
  );
  return {
    userBehind,
    turns: new FairTurns({ nowMs, userBehind }),
    drains: new DrainBudget({ ...users, nowMs, processorMs }),
    appRate: rate(APP_CONNECTIONS_AT_ONCE_MAX, APP_CONNECTIONS_PER_SECOND_MAX),
    appConnections: pool(
      'connections of applications',
      plan.appConnections,
      Math.min(APP_CONNECTIONS_ROOT_RESERVE, Math.ceil(plan.appConnections / 8)),
      'end programs of this user, or raise the limit of descriptors of the session daemon',
    ),
    appBytes,
    appFrames: new BegunFrames(appBytes, timers),
    clientRate: rate(CLIENT_CONNECTIONS_AT_ONCE_MAX, CLIENT_CONNECTIONS_PER_SECOND_MAX),
    clientSlots: new ClientSlots({
      ...users,
      total: plan.clientConnections,
      rootReserve: Math.max(2, Math.floor(plan.clientConnections / CLIENT_ROOT_RESERVE_RATIO)),
    }),
    clientBytes,
    clientFrames: new BegunFrames(clientBytes, timers),
    sessions: pool(
      'sessions',
      SESSIONS_MAX + SESSIONS_ROOT_RESERVE,
      SESSIONS_ROOT_RESERVE,
      'destroy sessions of this user (ringtail destroy)',
    ),
    desiredState: pool(
      'bytes of rules and triggers, which all applications have to be told',
      DESIRED_STATE_BYTES_MAX + DESIRED_STATE_ROOT_RESERVE,
      DESIRED_STATE_ROOT_RESERVE,
      'destroy sessions or remove triggers of this user',
    ),
    controlBytes: pool(
      'bytes of rules and triggers in control files',
      CONTROL_BYTES_MAX,
      CONTROL_BYTES_ROOT_RESERVE,
      'run fewer programs of this user, or record with fewer rules',
    ),
    triggers: pool(
      'triggers',
      TRIGGERS_MAX,
      isRoot ? TRIGGERS_ROOT_RESERVE : 0,
      'remove some first (ringtail remove-trigger)',
    ),
    triggerBytes: pool(
      'bytes of definitions of triggers',
      TRIGGERS_BYTES_MAX,
      isRoot ? TRIGGERS_BYTES_ROOT_RESERVE : 0,
      'remove some first (ringtail remove-trigger)',
    ),
    trackedValues: pool(
      'values of process trackers',
      ALL_TRACKED_VALUES_MAX + TRACKED_VALUES_MAX,
      TRACKED_VALUES_MAX,
      'track fewer values in sessions of this user (ringtail untrack)',
    ),
    kept: pool(
      'bytes kept for applications',
      KEPT_BYTES_MAX,
      KEPT_BYTES_ROOT_RESERVE,
      'run fewer programs of this user, or programs with fewer tracepoints, or destroy sessions with maps',
    ),
    sessionParts: pool(
      'bytes of maps and snapshot outputs',
      SESSION_PARTS_BYTES_MAX,
      SESSION_PARTS_ROOT_RESERVE,
      'delete snapshot outputs, or destroy sessions of this user (ringtail destroy)',
    ),
    seen: pool(
      'bytes of tracepoints that sessions have seen',
      SEEN_BYTES_MAX,
      SEEN_BYTES_ROOT_RESERVE,
      'destroy sessions of this user (ringtail destroy)',
    ),
    rings: pool(
      'ring buffers',
      plan.rings,
      Math.ceil(plan.rings / 16),
      'end programs of this user, use fewer channels, or raise the limit of descriptors of the session daemon',
    ),
    kernelBytes: pool(
      'bytes of buffers in the kernel',
      Math.floor(totalmem() / KERNEL_MEMORY_RATIO),
      Math.floor(totalmem() / KERNEL_MEMORY_RATIO / KERNEL_ROOT_RESERVE_RATIO),
      'use smaller sub-buffers (ringtail enable-channel -k --subbuf-size --num-subbuf), or destroy sessions',
    ),
  };
}
