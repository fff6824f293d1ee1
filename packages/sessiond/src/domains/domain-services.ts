import type { Timers } from '@ringtail/base';
import type { Consumers } from '../consumer/consumers.ts';
import type { SessionOutputs } from '../helpers/session-outputs.ts';
import type { PeerLog } from '../log/peer-log.ts';
import type { Shares } from '../shares/shares.ts';

/** Services of the session daemon that every domain uses. */
export interface DomainServices {
  readonly consumers: Consumers;
  readonly outputs: SessionOutputs;
}

/** Services of the session daemon for domains beside user space. */
export interface OtherDomainServices extends DomainServices {
  readonly shares: Pick<Shares, 'kernelBytes' | 'trackedValues'>;
  readonly timers: Timers;
  readonly log: PeerLog;
}
