import {
  type ContextDescription,
  type DomainDescription,
  NO_STATISTICS,
  type NodeLogger,
  type SessionStatistics,
} from '@ringtail/protocol';
import type { Answer } from '../../clients/handlers.ts';
import type { Client } from '../../model/client.ts';
import type { Session } from '../../model/session.ts';
import type { Domain, DomainHandlers, NamedChannelUse } from '../domain.ts';
import { describeChannel } from '../user/part/describe-user-part.ts';
import { channelsIn } from '../user/part/user-part.ts';
import type { UserDomain } from '../user/user-domain.ts';
import { loggerHandlers } from '../user/user-handlers.ts';
import type { UserServices } from '../user/user-services.ts';
import { loggersOf } from './listed-loggers.ts';

/**
 * A kind of logger in Node.js programs, such as the console. Its rules name loggers in place of events. User space
 * keeps its channels, and starts, drains and counts what they record.
 */
export class LoggerDomain implements Domain {
  readonly name: NodeLogger;
  readonly handlers: DomainHandlers;
  readonly #userSpace: UserDomain;
  readonly #services: UserServices;

  constructor(name: NodeLogger, userSpace: UserDomain, services: UserServices) {
    this.name = name;
    this.handlers = loggerHandlers(services, name);
    this.#userSpace = userSpace;
    this.#services = services;
  }

  contexts(): ContextDescription[] {
    return this.#userSpace.contexts();
  }

  instrumentation(client: Client): Answer<'list-instrumentation'> {
    return loggersOf(this.name, this.#services.applications.visibleTo(client));
  }

  created(): void {}

  removed(): void {}

  describe(session: Session): DomainDescription | undefined {
    const channels = channelsIn(this.#services.parts.of(session), this.name);
    if (channels.length === 0) return undefined;
    return { domain: this.name, channels: channels.map(describeChannel), trackers: {}, maps: [] };
  }

  async start(): Promise<void> {}

  async settle(): Promise<void> {}

  async perform(): Promise<SessionStatistics> {
    return NO_STATISTICS;
  }

  async regenerate(): Promise<void> {}

  memory(): [] {
    return [];
  }

  /** User space has the use of all channels. */
  async channelUse(session: Session, channel: string | null): Promise<readonly NamedChannelUse[]> {
    return channel === null ? [] : await this.#userSpace.channelUse(session, channel);
  }

  monitorTimerUs(session: Session, channel: string): number | undefined {
    const named = channelsIn(this.#services.parts.of(session), this.name);
    return named.find(({ attributes }) => attributes.name === channel)?.attributes.monitorTimerUs;
  }

  map(): undefined {}
}
