import type { Consumers } from '../consumer/consumers.ts';
import type { SessionOutputs } from '../helpers/session-outputs.ts';

/** Services of the session daemon that every domain uses. */
export interface DomainServices {
  readonly consumers: Consumers;
  readonly outputs: SessionOutputs;
}
