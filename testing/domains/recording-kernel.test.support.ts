import { DEFAULT_CHANNEL, NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';
import { KERNEL_UUID, TEST_EVENT } from '../../packages/consumerd/src/testing/requests.test.support.ts';
import { TestRing } from '../../packages/consumerd/src/testing/test-ring.test.support.ts';
import type { Domain } from '../../packages/sessiond/src/domains/domain.ts';
import type { DomainServices } from '../../packages/sessiond/src/domains/domain-services.ts';
import type { Session } from '../../packages/sessiond/src/model/session.ts';
import { FakeKernel } from './fake-kernel.test.support.ts';

/** Keys at the consumer daemon, far from those of user space. */
const [TRACE, CHANNEL, RING] = [1001, 1002, 1003];
/** Data stream of the ring in the directory of the domain. */
export const KERNEL_STREAM = 'channel0_0';

/** A fake kernel with one ring, which the consumer daemon drains into the output of a session. */
export class RecordingKernel extends FakeKernel {
  readonly ring: TestRing;
  readonly #services: DomainServices;

  /** @param directory of the ring's file */
  constructor(services: DomainServices, directory: string) {
    super();
    this.#services = services;
    this.ring = new TestRing({ directory, uuid: KERNEL_UUID });
  }

  override async start(session: Session): Promise<void> {
    await super.start(session);
    const { outputs, consumers } = this.#services;
    await outputs.prepare(session, this.name);
    const { name, output, snapshot, format, owner, clock, clockReading } = session;
    const link = consumers.of(owner);
    await link.setUp({
      type: 'open-trace',
      session: name,
      trace: TRACE,
      output,
      tracePath: 'kernel',
      snapshot,
      format,
      owner,
      ringDirectory: null,
      uuid: KERNEL_UUID,
      clock,
      clockFrequencyHz: String(clockReading.frequencyHz),
      clockOffsetNs: String(clockReading.offsetNs),
      environment: [['domain', 'kernel']],
    });
    const attributes = { ...DEFAULT_CHANNEL, subBufBytes: 4096 };
    await link.setUp({
      type: 'open-channel',
      trace: TRACE,
      channel: CHANNEL,
      streamClassId: 0,
      attributes,
      contexts: [],
      producer: 'thread',
    });
    await link.setUp({ type: 'declare-events', channel: CHANNEL, events: [{ id: 0, spec: TEST_EVENT }] });
    const { path, bytes } = this.ring;
    await link.setUp({
      type: 'open-ring',
      channel: CHANNEL,
      ring: RING,
      streamInstanceId: 0,
      source: { kind: 'thread-ring', path, bytes, pid: 10, tid: 11, procname: 'cpu0', program: '' },
    });
  }

  /** The consumer daemon carries out a task for all domains of a session; user space has sent it. */
  override async perform(session: Session, task: Parameters<Domain['perform']>[1]): Promise<SessionStatistics> {
    await super.perform(session, task);
    const { output, owner } = session;
    if (task.type === 'close-session' && output !== null) {
      await this.#services.outputs.removeCheckpoints(output, [KERNEL_UUID], owner);
    }
    return NO_STATISTICS;
  }
}
