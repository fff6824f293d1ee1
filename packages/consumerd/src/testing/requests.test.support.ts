import { join } from 'node:path';
import {
  DEFAULT_CHANNEL,
  type DeclareEventsRequest,
  directoryAt,
  type JsonValue,
  type OpenChannelRequest,
  type OpenRingRequest,
  type OpenTraceRequest,
} from '@ringtail/protocol';
import { type TestRing, TRACE_UUID } from './test-ring.test.support.ts';

/** Describes the records of a test ring. */
export const TEST_EVENT: Record<string, JsonValue> = {
  name: 'test:number',
  logLevel: 13,
  fields: [{ name: 'n', spec: { kind: 'integer', signed: false, bits: 32, base: 10 } }],
};

/** UUID of a trace in the domain `kernel`. */
export const KERNEL_UUID = '76543210-89ab-cdef-0123-456789abcdef';

/** Requests of a session daemon in a session `s` with one trace below `root/out` and rings in `root`. */
export function requests(root: string) {
  const openTrace: OpenTraceRequest = {
    type: 'open-trace',
    session: 's',
    trace: 1,
    output: directoryAt(join(root, 'out')),
    tracePath: 'ust/uid/0/64-bit',
    snapshot: false,
    format: 'ctf-1.8',
    owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    ringDirectory: root,
    uuid: TRACE_UUID,
    clock: 'monotonic',
    clockFrequencyHz: '1000000000',
    clockOffsetNs: '1700000000000000000',
    environment: [['domain', 'ust']],
  };
  const openChannel: OpenChannelRequest = {
    type: 'open-channel',
    trace: 1,
    channel: 2,
    streamClassId: 0,
    attributes: { ...DEFAULT_CHANNEL, subBufBytes: 4096 },
    contexts: [],
    producer: 'thread',
  };
  const declareEvents: DeclareEventsRequest = {
    type: 'declare-events',
    channel: 2,
    events: [{ id: 0, spec: TEST_EVENT }],
  };
  const setUp: readonly [OpenTraceRequest, OpenChannelRequest, DeclareEventsRequest] = [
    openTrace,
    openChannel,
    declareEvents,
  ];
  /** Opens a trace in the directory of another domain. Its channel has the key 12. */
  const kernelSetUp: typeof setUp = [
    { ...openTrace, trace: 11, tracePath: 'kernel', uuid: KERNEL_UUID, ringDirectory: null },
    { ...openChannel, trace: 11, channel: 12 },
    { ...declareEvents, channel: 12 },
  ];
  const openRing = (
    id: number,
    { path, bytes }: Pick<TestRing, 'path' | 'bytes'>,
    { channel = 2, tid = 11 }: { readonly channel?: number; readonly tid?: number } = {},
  ): OpenRingRequest => ({
    type: 'open-ring',
    channel,
    ring: id,
    streamInstanceId: id,
    source: { kind: 'thread-ring', path, bytes, pid: 10, tid, procname: 'test', program: 'shop/server.js' },
  });
  return { setUp, kernelSetUp, openRing };
}
