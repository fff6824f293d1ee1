import { defaultKernelChannel } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../../model/session.ts';
import { SessionRegistry } from '../../../model/session-registry.ts';
import { testPool, testShares } from '../../../testing/shares.test.support.ts';
import { createSession } from '../../../testing/test-sessions.test.support.ts';
import { InclusionSet } from '../../user/part/inclusion-set.ts';
import { KernelChannels } from './kernel-channels.ts';
import type { KernelPart } from './kernel-part.ts';

const CPUS = 2;
const MIB = 1024 * 1024;
const CHANNEL = { ...defaultKernelChannel(CPUS), name: 'c' };

function refusal(code: string): unknown {
  return expect.objectContaining({ code });
}

function partOf(session: Session): KernelPart {
  return { session, channels: new Map(), processes: new InclusionSet(), trace: undefined };
}

function scene(pool = testPool(1024 * MIB)) {
  const registry = new SessionRegistry(testShares());
  const part = partOf(createSession(registry, 's'));
  return { channels: new KernelChannels(CPUS, pool), part, registry, pool };
}

describe('the kernel channels of a session', () => {
  it('are made by the first rule, enabled once, and disabled', () => {
    const { channels, part } = scene();
    const { attributes } = channels.enableEvent(part, null, { pattern: 'sched_*' });
    expect(attributes).toMatchObject({ name: 'channel0', ownership: 'system' });
    expect(() => channels.enableEvent(part, null, { pattern: 'sched_*' })).toThrow(refusal('RULE_EXISTS'));
    expect(() => channels.enable(part, { ...CHANNEL, name: 'channel0' })).toThrow(refusal('CHANNEL_EXISTS'));
    channels.disable(part, 'channel0');
    expect(channels.enable(part, { ...CHANNEL, name: 'channel0' }).enabled).toBe(true);
    expect(() => channels.disable(part, 'other')).toThrow(refusal('NO_CHANNEL'));
  });

  it('have rules of the same name for tracepoints and for system calls', () => {
    const { channels, part } = scene();
    channels.enableEvent(part, 'c', { pattern: '*' });
    const { rules } = channels.enableEvent(part, 'c', { pattern: '*', type: 'syscall' });
    expect(rules.enabled()).toHaveLength(2);
    expect(channels.disableEvent(part, 'c', '*', 'syscall')).toEqual({ channel: 'c', disabled: 1 });
    expect(rules.enabled()).toEqual([{ pattern: '*' }]);
    expect(() => channels.disableEvent(part, 'c', 'openat', undefined)).toThrow(refusal('NO_RULE'));
    expect(channels.disableEvent(part, 'c', null, undefined)).toEqual({ channel: 'c', disabled: 2 });
  });

  it('need a name where a session has others', () => {
    const { channels, part } = scene();
    channels.enable(part, CHANNEL);
    expect(() => channels.enableEvent(part, null, { pattern: 'a' })).toThrow(refusal('CHANNEL_NAME_NEEDED'));
    expect(() => channels.disableEvent(part, null, 'a', undefined)).toThrow(refusal('CHANNEL_NAME_NEEDED'));
  });

  it('have contexts, until the session is started', () => {
    const { channels, part, registry } = scene();
    channels.enable(part, CHANNEL);
    channels.enable(part, { ...CHANNEL, name: 'd' });
    expect(channels.addContexts(part, 'c', ['tid'])).toHaveLength(1);
    expect(channels.addContexts(part, null, ['tid'])).toMatchObject([{ attributes: { name: 'd' }, contexts: ['tid'] }]);
    expect(() => channels.addContexts(part, null, ['tid'])).toThrow(refusal('CONTEXT_EXISTS'));
    registry.start(part.session);
    expect(() => channels.addContexts(part, 'c', ['tid'])).toThrow(refusal('ALREADY_STARTED'));
  });

  it('take memory for all CPUs from the share of the owner, until the session is gone', () => {
    const { channels, part, pool } = scene(testPool(20 * MIB));
    channels.enable(part, CHANNEL);
    expect(pool.used).toBe(CPUS * 8 * MIB);
    expect(() => channels.enable(part, { ...CHANNEL, name: 'd' })).toThrow(refusal('TOO_MANY'));
    expect([...part.channels.keys()]).toEqual(['c']);
    channels.removed(part);
    expect(pool.used).toBe(0);
  });
});
