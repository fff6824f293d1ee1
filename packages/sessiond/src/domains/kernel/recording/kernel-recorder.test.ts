import { TracefsInstance } from '@ringtail/kernel';
import { defaultKernelChannel } from '@ringtail/protocol';
import { expect, it } from 'vitest';
import { RuleSet } from '../../../model/rule-set.ts';
import { SessionRegistry } from '../../../model/session-registry.ts';
import { testShares } from '../../../testing/shares.test.support.ts';
import { createSession } from '../../../testing/test-sessions.test.support.ts';
import type { OtherDomainServices } from '../../domain-services.ts';
import { InclusionSet } from '../../user/part/inclusion-set.ts';
import { KernelTracer } from '../kernel-tracer.ts';
import type { KernelChannel } from '../part/kernel-part.ts';
import { InstanceNames } from './instance-names.ts';
import { KernelRecorder } from './kernel-recorder.ts';

it('stops a session whose instance somebody has removed, with a trouble', () => {
  const session = createSession(new SessionRegistry(testShares()), 's');
  const instance = new TracefsInstance('/nonexistent/instances/ringtail.gone');
  const channel: KernelChannel = {
    attributes: { ...defaultKernelChannel(1), name: 'c' },
    contexts: [],
    rules: new RuleSet(),
    streamClassId: 0,
    bytes: 0,
    enabled: true,
    atConsumer: undefined,
    recording: { instance, rings: [], bytesPerCpu: 0, events: new Map() },
  };
  const recorder = new KernelRecorder({} as OtherDomainServices, new KernelTracer(), new InstanceNames());
  recorder.stop({ session, channels: new Map([['c', channel]]), processes: new InclusionSet(), trace: undefined });
  expect(session.troubles.list()).toEqual([
    expect.stringContaining("the kernel's trace instance ringtail.gone is not as it was left"),
  ]);
});
