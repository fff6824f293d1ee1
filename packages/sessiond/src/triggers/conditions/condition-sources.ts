import type { Timers } from '@ringtail/base';
import type { Log } from '../../log/log.ts';
import type { Owner } from '../../model/owner.ts';
import { mayUse } from '../../model/session.ts';
import type { SessionRegistry } from '../../model/session-registry.ts';
import type { ProcessExits } from '../../process-exits/process-exits.ts';
import { readText } from '../../process-exits/process-handle.ts';
import { parseProcessStat } from '../../process-exits/process-stat.ts';
import type { ObservedDomains } from '../observed-domains.ts';
import { applicationExited } from './application-exited.ts';
import { ChannelUsage, type MonitoredChannel } from './channel-buffer-usage.ts';
import type { ConditionOf, ConditionSources } from './condition-source.ts';
import { EventCounts } from './event-counts.ts';
import { EventLoopStalled, type PingedThread } from './event-loop-stalled.ts';

/** The registered threads of applications. */
export interface MonitoredApplications {
  /** Threads that answer whether they are in their event loops. */
  pingedThreads(): Iterable<PingedThread>;
  /** Number of threads that this user may see. */
  countFor(user: Owner): number;
}

export interface ConditionSourcesOptions {
  readonly registry: SessionRegistry;
  readonly domains: ObservedDomains;
  readonly applications: MonitoredApplications;
  readonly exits: ProcessExits;
  readonly timers: Timers;
  readonly log: Log;
}

/** The sources of conditions about applications and buffers. */
export function conditionSources(
  options: ConditionSourcesOptions,
): Omit<ConditionSources, 'session-rotation' | 'session-trouble' | 'session-consumed-size'> {
  const { applications, exits, timers, log } = options;
  const counts = new EventCounts({ threadsOf: (user) => applications.countFor(user), timers });
  return {
    'application-exited': applicationExited((listener) => exits.onEnd(listener)),
    'event-loop-stalled': new EventLoopStalled({
      threads: () => applications.pingedThreads(),
      stateOf: (pid) => parseProcessStat(readText(`/proc/${pid}/stat`) ?? '')?.state,
      timers,
    }),
    'event-rate-above': counts.rateAbove,
    'no-event-for': counts.noEventFor,
    'channel-buffer-usage': new ChannelUsage({
      channelOf: (condition, user) => monitoredChannel(options, condition, user),
      timers,
      log,
    }),
  };
}

function monitoredChannel(
  { registry, domains }: ConditionSourcesOptions,
  { session: name, domain = 'user', channel }: ConditionOf<'channel-buffer-usage'>,
  user: Owner,
): MonitoredChannel | undefined {
  const session = registry.sessions().find((known) => known.name === name);
  if (session === undefined || !mayUse(session, user)) return undefined;
  const owner = domains.present(domain);
  const monitorTimerUs = owner.monitorTimerUs(session, channel);
  return monitorTimerUs === undefined ? undefined : { monitorTimerUs, use: () => owner.channelUse(session, channel) };
}
