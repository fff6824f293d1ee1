import type { Timers } from '@ringtail/base';
import type { Consumers } from '../../consumer/consumers.ts';
import type { Applications } from '../../domains/user/applications/applications.ts';
import type { Log } from '../../log/log.ts';
import type { Owner } from '../../model/owner.ts';
import { mayUse } from '../../model/session.ts';
import type { SessionRegistry } from '../../model/session-registry.ts';
import type { ProcessExits } from '../../process-exits/process-exits.ts';
import { readText } from '../../process-exits/process-handle.ts';
import { parseProcessStat } from '../../process-exits/process-stat.ts';
import { applicationExited } from './application-exited.ts';
import { ChannelUsage, type MonitoredChannel } from './channel-buffer-usage.ts';
import type { ConditionSources } from './condition-source.ts';
import { EventCounts } from './event-counts.ts';
import { EventLoopStalled } from './event-loop-stalled.ts';

export interface ConditionSourcesOptions {
  readonly registry: SessionRegistry;
  readonly applications: Applications;
  readonly exits: ProcessExits;
  readonly consumers: Consumers;
  readonly timers: Timers;
  readonly log: Log;
}

/** The sources of conditions about applications and buffers. */
export function conditionSources(
  options: ConditionSourcesOptions,
): Omit<ConditionSources, 'session-rotation' | 'session-trouble' | 'session-consumed-size'> {
  const { registry, applications, exits, consumers, timers, log } = options;
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
      channelOf: (session, channel, user) => monitoredChannel(registry, session, channel, user),
      useOf: ({ owner, keys }) => consumers.of(owner).channelUse(keys),
      timers,
      log,
    }),
  };
}

function monitoredChannel(
  registry: SessionRegistry,
  sessionName: string,
  channelName: string,
  user: Owner,
): MonitoredChannel | undefined {
  const session = registry.sessions().find(({ name }) => name === sessionName);
  const channel = session?.channels.get(channelName);
  if (session === undefined || channel === undefined || !mayUse(session, user)) return undefined;
  const keys = [...session.traces.values()].flatMap(({ channels }) => channels.get(channel)?.key ?? []);
  return { owner: session.owner, keys, monitorTimerUs: channel.attributes.monitorTimerUs };
}
