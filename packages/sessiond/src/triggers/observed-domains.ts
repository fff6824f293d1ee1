import type { DomainName } from '@ringtail/protocol';
import type { Session } from '../model/session.ts';
import type { RingUse } from './conditions/channel-buffer-usage.ts';
import type { CounterMap } from './maps/counter-map.ts';

/** What triggers need of a domain. */
export interface ObservedDomain {
  /** Use of the fullest ring of a channel, in each of its traces. */
  channelUse(session: Session, channel: string): Promise<readonly RingUse[]>;
  /** Period at which triggers sample the use of a channel, 0: never; undefined if there is no such channel. */
  monitorTimerUs(session: Session, channel: string): number | undefined;
  /** The map of a session to which triggers add; undefined if there is none of that name. */
  map(session: Session, name: string): CounterMap | undefined;
}

export interface ObservedDomains {
  /** @throws {DaemonError} `UNSUPPORTED` for a domain that is not there */
  present(name: DomainName): ObservedDomain;
}
