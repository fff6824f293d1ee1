import {
  type ChannelAttributes,
  CONTEXTS_PER_CHANNEL_MAX,
  DEFAULT_CHANNEL,
  type RecordingRule,
} from '@ringtail/protocol';
import { DaemonError } from '../../../model/daemon-error.ts';
import type { DesiredStateBudget } from '../../../model/desired-state-budget.ts';
import { RuleSet } from '../../../model/rule-set.ts';
import { CHANNELS_PER_SESSION_MAX, RULES_PER_CHANNEL_MAX } from '../../../shares/limits.ts';
import { attributesIn } from './channel-attributes.ts';
import { recordedRule } from './recorded-rules.ts';
import { ownershipOf } from './trace-table.ts';
import { type Channel, channelsIn, type ProgramDomain, type UserPart } from './user-part.ts';

/** Space of a desired channel besides its texts. */
const DESIRED_CHANNEL_BYTES = 1024;

/** Decides about the channels that sessions have in one domain, their rules and their context fields. */
export class ChannelDecisions {
  readonly #domain: ProgramDomain;
  /** Name of the channel that is made if none is named. */
  readonly #defaultName: string;
  readonly #budget: DesiredStateBudget;

  constructor(domain: ProgramDomain, budget: DesiredStateBudget) {
    this.#domain = domain;
    this.#defaultName = domain === 'user' ? DEFAULT_CHANNEL.name : domain;
    this.#budget = budget;
  }

  /** Makes a channel, or enables a disabled one, which keeps its attributes. */
  enable(part: UserPart, attributes: ChannelAttributes): Channel {
    const { name } = attributes;
    const known = this.#find(part, name);
    if (known === undefined) return this.#add(part, attributes);
    if (known.enabled) {
      throw new DaemonError('CHANNEL_EXISTS', `the session ${part.session.name} has a channel ${name} already`);
    }
    known.enabled = true;
    return known;
  }

  disable(part: UserPart, name: string): void {
    this.named(part, name).enabled = false;
  }

  /**
   * Adds a rule, or enables an equal one that is disabled.
   *
   * @param channelName the channel, which is made with the default attributes if it does not exist; null: the default
   *   channel, if the session has no others
   */
  enableEvent(part: UserPart, channelName: string | null, rule: RecordingRule): Channel {
    const key = RuleSet.keyOf(rule);
    const channel = this.#channelForRule(part, channelName);
    const { rules } = channel;
    if (!rules.has(key)) {
      if (rules.size >= RULES_PER_CHANNEL_MAX) {
        throw new DaemonError('TOO_MANY', `the channel ${channel.attributes.name} has too many rules`);
      }
      this.#reserve(part, Buffer.byteLength(JSON.stringify(recordedRule(this.#domain, rule))) + 1);
    }
    if (!rules.enable(key, rule)) {
      throw new DaemonError('RULE_EXISTS', `the channel ${channel.attributes.name} has this rule already`);
    }
    return channel;
  }

  /** Disables the rules of a channel with exactly this pattern, or with null all rules. */
  disableEvent(
    part: UserPart,
    channelName: string | null,
    pattern: string | null,
  ): { readonly channel: string; readonly disabled: number } {
    const { attributes, rules } = this.#channelOfRules(part, channelName);
    const disabled = rules.disable(pattern);
    if (pattern !== null && disabled === 0) {
      throw new DaemonError('NO_RULE', `the channel ${attributes.name} has no rule ${pattern}`);
    }
    return { channel: attributes.name, disabled };
  }

  /**
   * Adds context fields to a channel, or with null to every channel that lacks them. As in LTTng, a session without a
   * channel gets the default one.
   *
   * @returns the channels that got context fields
   */
  addContexts(part: UserPart, channelName: string | null, contexts: readonly string[]): readonly Channel[] {
    const { session } = part;
    if (session.started) {
      throw new DaemonError(
        'ALREADY_STARTED',
        `the session ${session.name} has been started: context fields can only be added before`,
      );
    }
    const channels = this.#channelsForContexts(part, channelName);
    const added = [...new Set(contexts)];
    for (const context of added) {
      if (channels.some((channel) => !channel.contexts.includes(context))) continue;
      throw new DaemonError('CONTEXT_EXISTS', `there is the context field ${context} already`);
    }
    const lacking = channels.map((channel) => added.filter((context) => !channel.contexts.includes(context)));
    if (channels.some((channel, idx) => channel.contexts.length + lacking[idx]!.length > CONTEXTS_PER_CHANNEL_MAX)) {
      throw new DaemonError('TOO_MANY', `a channel has at most ${CONTEXTS_PER_CHANNEL_MAX} context fields`);
    }
    this.#reserve(part, Buffer.byteLength(JSON.stringify(lacking)));
    channels.forEach((channel, idx) => {
      channel.contexts = [...channel.contexts, ...lacking[idx]!];
    });
    return channels.filter((_, idx) => lacking[idx]!.length > 0);
  }

  #add(part: UserPart, wanted: ChannelAttributes): Channel {
    const { session, channels } = part;
    if (channels.size >= CHANNELS_PER_SESSION_MAX) {
      throw new DaemonError('TOO_MANY', `the session ${session.name} has ${CHANNELS_PER_SESSION_MAX} channels already`);
    }
    const channel: Channel = {
      domain: this.#domain,
      attributes: attributesIn(part, wanted),
      contexts: [],
      rules: new RuleSet(),
      streamClassId: channels.size,
      reclaims: 0,
      reclaimUntil: 0,
      enabled: true,
    };
    const texts = [session.name, wanted.name, session.shmPath];
    this.#reserve(part, DESIRED_CHANNEL_BYTES + Buffer.byteLength(JSON.stringify(texts)));
    channels.set(wanted.name, channel);
    return channel;
  }

  #reserve(part: UserPart, bytes: number): void {
    this.#budget.reserve(part, part.session.owner.uid, bytes);
  }

  #channelForRule(part: UserPart, name: string | null): Channel {
    const wanted = name ?? this.#defaultName;
    const known = this.#find(part, wanted);
    if (known !== undefined) return known;
    if (name === null && channelsIn(part, this.#domain).length > 0) throw channelNameNeeded(part);
    return this.#defaultChannel(part, wanted);
  }

  #channelsForContexts(part: UserPart, name: string | null): Channel[] {
    if (name !== null) return [this.named(part, name)];
    const channels = channelsIn(part, this.#domain);
    return channels.length > 0 ? channels : [this.#defaultChannel(part, this.#defaultName)];
  }

  /** Makes a channel with the default attributes and the session's buffer ownership. */
  #defaultChannel(part: UserPart, name: string): Channel {
    return this.#add(part, { ...DEFAULT_CHANNEL, name, ownership: ownershipOf(part) });
  }

  /** The named channel, or with null the default one. */
  #channelOfRules(part: UserPart, name: string | null): Channel {
    const channels = channelsIn(part, this.#domain);
    const hasDefault = channels.some(({ attributes }) => attributes.name === this.#defaultName);
    if (name === null && channels.length > 0 && !hasDefault) throw channelNameNeeded(part);
    return this.named(part, name ?? this.#defaultName);
  }

  /** @throws {DaemonError} `NO_CHANNEL` */
  named(part: UserPart, name: string): Channel {
    const channel = part.channels.get(name);
    if (channel === undefined || channel.domain !== this.#domain) {
      throw new DaemonError('NO_CHANNEL', `the session ${part.session.name} has no channel ${name}`);
    }
    return channel;
  }

  /** @throws {DaemonError} `CHANNEL_EXISTS` if the channel belongs to another domain: names of files begin with it */
  #find({ session, channels }: UserPart, name: string): Channel | undefined {
    const channel = channels.get(name);
    if (channel === undefined || channel.domain === this.#domain) return channel;
    const owner = channel.domain === 'user' ? 'user space' : `--${channel.domain}`;
    throw new DaemonError('CHANNEL_EXISTS', `the session ${session.name} has a channel ${name} of ${owner} already`);
  }
}

function channelNameNeeded({ session }: UserPart): DaemonError {
  return new DaemonError('CHANNEL_NAME_NEEDED', `the session ${session.name} has channels of other names: name one`);
}
