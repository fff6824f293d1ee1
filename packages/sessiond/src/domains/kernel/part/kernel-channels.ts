import {
  type ChannelAttributes,
  CONTEXTS_PER_CHANNEL_MAX,
  DEFAULT_CHANNEL,
  defaultKernelChannel,
  type RecordingRule,
  type RuleType,
} from '@ringtail/protocol';
import { DaemonError } from '../../../model/daemon-error.ts';
import { RuleSet } from '../../../model/rule-set.ts';
import { CHANNELS_PER_SESSION_MAX, RULES_PER_CHANNEL_MAX } from '../../../shares/limits.ts';
import { jsonWeight } from '../../../shares/memory-weight.ts';
import type { SharedPool } from '../../../shares/shared-pool.ts';
import { kernelAttributes } from './kernel-attributes.ts';
import type { KernelChannel, KernelPart } from './kernel-part.ts';

/** Decides about the kernel channels of sessions, their rules and contexts, without effects outside. */
export class KernelChannels {
  readonly #cpus: number;
  readonly #bytes: SharedPool;

  /** @param bytes of buffers in the kernel */
  constructor(cpus: number, bytes: SharedPool) {
    this.#cpus = cpus;
    this.#bytes = bytes;
  }

  /** Makes a channel, or enables a disabled one, which keeps its attributes. */
  enable(part: KernelPart, attributes: ChannelAttributes): KernelChannel {
    const known = part.channels.get(attributes.name);
    if (known === undefined) return this.#add(part, attributes);
    if (known.enabled) {
      const { session } = part;
      throw new DaemonError('CHANNEL_EXISTS', `the session ${session.name} has a channel ${attributes.name} already`);
    }
    known.enabled = true;
    return known;
  }

  disable(part: KernelPart, name: string): void {
    this.named(part, name).enabled = false;
  }

  /** Adds a rule, or enables an equal one that is disabled. @param name of the channel; null: the default one */
  enableEvent(part: KernelPart, name: string | null, rule: RecordingRule): KernelChannel {
    const key = RuleSet.keyOf(rule);
    const channel = this.#channelForRule(part, name);
    const { rules, attributes } = channel;
    if (!rules.has(key)) {
      if (rules.size >= RULES_PER_CHANNEL_MAX) {
        throw new DaemonError('TOO_MANY', `the channel ${attributes.name} has too many rules`);
      }
      const { owner, holding } = part.session;
      const refusal = holding.take(owner.uid, jsonWeight(rule));
      if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    }
    if (rules.enable(key, rule)) return channel;
    throw new DaemonError('RULE_EXISTS', `the channel ${attributes.name} has this rule already`);
  }

  /** Disables the rules of a channel with exactly this pattern, or with null all rules. */
  disableEvent(
    part: KernelPart,
    name: string | null,
    pattern: string | null,
    type: RuleType | undefined,
  ): { readonly channel: string; readonly disabled: number } {
    const { attributes, rules } = this.#channelOfRules(part, name);
    const disabled = rules.disable(pattern, type);
    if (pattern !== null && disabled === 0) {
      throw new DaemonError('NO_RULE', `the channel ${attributes.name} has no rule ${pattern}`);
    }
    return { channel: attributes.name, disabled };
  }

  /** Adds context fields to a channel, or with null to every channel that lacks them. @returns these channels */
  addContexts(part: KernelPart, name: string | null, contexts: readonly string[]): readonly KernelChannel[] {
    const { session } = part;
    if (session.started) {
      throw new DaemonError(
        'ALREADY_STARTED',
        `the session ${session.name} has been started: context fields can only be added before`,
      );
    }
    const channels = name === null ? this.#allOrDefault(part) : [this.named(part, name)];
    const lacking = channels.filter((channel) => contexts.some((context) => !channel.contexts.includes(context)));
    if (lacking.length === 0) {
      throw new DaemonError('CONTEXT_EXISTS', `there is the context field ${contexts.join(', ')} already`);
    }
    for (const channel of lacking) {
      const added = [...new Set([...channel.contexts, ...contexts])];
      if (added.length > CONTEXTS_PER_CHANNEL_MAX) {
        throw new DaemonError('TOO_MANY', `a channel has at most ${CONTEXTS_PER_CHANNEL_MAX} context fields`);
      }
      channel.contexts = added;
    }
    return lacking;
  }

  /** @throws {DaemonError} `NO_CHANNEL` */
  named({ session, channels }: KernelPart, name: string): KernelChannel {
    const channel = channels.get(name);
    if (channel !== undefined) return channel;
    throw new DaemonError('NO_CHANNEL', `the session ${session.name} has no kernel channel ${name}`);
  }

  /** Gives back the shares of a session that has been destroyed. */
  removed({ session, channels }: KernelPart): void {
    for (const { bytes } of channels.values()) this.#bytes.give(session.owner.uid, bytes);
  }

  #add(part: KernelPart, wanted: ChannelAttributes): KernelChannel {
    const { session, channels } = part;
    if (channels.size >= CHANNELS_PER_SESSION_MAX) {
      throw new DaemonError('TOO_MANY', `the session ${session.name} has ${CHANNELS_PER_SESSION_MAX} channels already`);
    }
    const attributes = kernelAttributes(session, wanted);
    const bytes = attributes.subBufBytes * attributes.subBufCount * this.#cpus;
    const refusal = this.#bytes.take(session.owner.uid, bytes);
    if (refusal !== undefined) throw new DaemonError('TOO_MANY', refusal);
    const channel: KernelChannel = {
      attributes,
      contexts: [],
      rules: new RuleSet(),
      streamClassId: channels.size,
      bytes,
      enabled: true,
      atConsumer: undefined,
      recording: undefined,
    };
    channels.set(attributes.name, channel);
    return channel;
  }

  #channelForRule(part: KernelPart, name: string | null): KernelChannel {
    const wanted = name ?? DEFAULT_CHANNEL.name;
    const known = part.channels.get(wanted);
    if (known !== undefined) return known;
    if (name === null && part.channels.size > 0) throw channelNameNeeded(part);
    return this.#defaultChannel(part, wanted);
  }

  #allOrDefault(part: KernelPart): KernelChannel[] {
    return part.channels.size > 0 ? [...part.channels.values()] : [this.#defaultChannel(part, DEFAULT_CHANNEL.name)];
  }

  #defaultChannel(part: KernelPart, name: string): KernelChannel {
    return this.#add(part, { ...defaultKernelChannel(this.#cpus), name });
  }

  #channelOfRules(part: KernelPart, name: string | null): KernelChannel {
    const { channels } = part;
    if (name === null && channels.size > 0 && !channels.has(DEFAULT_CHANNEL.name)) throw channelNameNeeded(part);
    return this.named(part, name ?? DEFAULT_CHANNEL.name);
  }
}

function channelNameNeeded({ session }: KernelPart): DaemonError {
  return new DaemonError('CHANNEL_NAME_NEEDED', `the session ${session.name} has channels of other names: name one`);
}
