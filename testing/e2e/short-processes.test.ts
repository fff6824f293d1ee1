/**
 * A service that starts one short process after another, with buffers per process. The daemons' memory must not grow
 * with the number of ended processes.
 *
 * `RINGTAIL_TEST_PROCESSES=100000` is the number of processes of such a service in a day.
 */
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { uuidBytes } from '@ringtail/ctf';
import { DEFAULT_CHANNEL, DEFAULT_SESSION, type DesiredChannel, type JsonValue } from '@ringtail/protocol';
import { createRing, RingClock, RingMode, ringBytesFor } from '@ringtail/ringbuf';
import { expect, it, onTestFinished, vi } from 'vitest';
import { FakeApplication } from '../../packages/sessiond/src/testing/fake-application.test.support.ts';
import { type TestClient, TestDaemon } from '../../packages/sessiond/src/testing/test-daemon.test.support.ts';
import { eventsOf, makeSandbox, program } from './harness.ts';

const PROCESSES = Number(process.env.RINGTAIL_TEST_PROCESSES ?? 1600);
const EVENTS = 3;
const CONSUMER = program('consumer-with-heap-snapshots.mjs');
const CHANNEL = { ...DEFAULT_CHANNEL, subBufBytes: 4096, subBufCount: 2, ownership: 'process' } as const;
const EVENT: JsonValue = {
  name: 'e2e:number',
  logLevel: 6,
  fields: [{ name: 'n', spec: { kind: 'integer', signed: false, bits: 32, base: 10 } }],
};
/** Large event header (u16 identifier, u32 timestamp), then u32 `n`. */
const RECORD_BYTES = 10;
const HEAP_SIGNAL = 'SIGUSR2';
/** Name of a process descriptor in `/proc`. */
const PROCESS = 'anon_inode:[pidfd]';

/** Registers, records some events and ends like a killed process; its last events are still being taken. */
async function liveShortly(daemon: TestDaemon, client: TestClient): Promise<void> {
  const application = await FakeApplication.registered(daemon.directory.appSocket);
  try {
    const [channel] = application.state()?.channels ?? [];
    if (channel === undefined) throw new Error('the session is not active');
    expect(await application.declare(channel.key, EVENT)).toMatchObject({ ids: [0] });
    sendRing(application, channel);
  } finally {
    application.close();
  }
  // The next one has the same number, so the daemon has to notice the end of this one first.
  while ((await client.ask('daemon-status', {})).applications > 0);
}

function sendRing(application: FakeApplication, { key, traceUuid, streamClassId }: DesiredChannel): void {
  const { pid } = process;
  const ring = createRing({
    name: 'ringtail-test',
    mode: RingMode.DISCARD,
    clock: RingClock.MONOTONIC,
    subBufBytes: CHANNEL.subBufBytes,
    subBufCount: CHANNEL.subBufCount,
    streamClassId,
    uuid: uuidBytes(traceUuid),
    pid,
    tid: pid,
    procname: 'fake',
    onSubBufClosed: () => {},
  });
  const { producer } = ring;
  for (let n = 0; n < EVENTS; n++) {
    const now = Number(process.hrtime.bigint());
    if (producer.pos + RECORD_BYTES > producer.limit) expect(producer.makeRoom(RECORD_BYTES, now)).toBe(true);
    const { pos, dv } = producer;
    dv.setUint16(pos, 0, true);
    dv.setUint32(pos + 2, now % 2 ** 32, true);
    dv.setUint32(pos + 6, n, true);
    producer.commit(pos + RECORD_BYTES, now);
  }
  application.send({ type: 'ring', channel: key, bytes: ringBytesFor(CHANNEL.subBufBytes, 2) }, ring.fd);
  ring.close();
}

interface Keeping {
  readonly descriptors: number;
  /** Size of the heap after a collection; the memory of a process mostly shows the time of the last collection. */
  readonly bytes: number;
}

/** Size of a daemon's objects, from a heap snapshot that it writes into a directory on request. */
async function keptBy(pid: number, directory: string): Promise<Keeping> {
  // One running process plays all of them; for a moment the daemon holds a descriptor of it for each, to see its end.
  await expect.poll(() => descriptorsOf(pid).filter((target) => target === PROCESS)).toEqual([]);
  const descriptors = descriptorsOf(pid).length;
  process.kill(pid, HEAP_SIGNAL);
  let bytes = 0;
  await expect
    .poll(() => {
      const name = readdirSync(directory).find((file) => file.endsWith('.heapsnapshot'));
      bytes = name === undefined ? 0 : bytesIn(join(directory, name));
      if (name !== undefined && bytes > 0) rmSync(join(directory, name));
      return bytes;
    })
    .toBeGreaterThan(0);
  return { descriptors, bytes };
}

/** Target of each descriptor of a process. */
function descriptorsOf(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((name) => {
    try {
      return [readlinkSync(join(directory, name))];
    } catch {
      // It has been closed.
      return [];
    }
  });
}

interface HeapSnapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: readonly string[] } };
  /** Fields of each object, one object after another. */
  readonly nodes: readonly number[];
}

/** Sum of the sizes of all objects; 0 if the file is not complete yet. */
function bytesIn(path: string): number {
  let heap: HeapSnapshot;
  try {
    heap = JSON.parse(readFileSync(path, 'utf8')) as HeapSnapshot;
  } catch {
    return 0;
  }
  const { node_fields: fields } = heap.snapshot.meta;
  const size = fields.indexOf('self_size');
  return heap.nodes.reduce((sum, value, at) => (at % fields.length === size ? sum + value : sum), 0);
}

async function sessionOf(daemon: TestDaemon): Promise<{ client: TestClient; output: string }> {
  const client = await daemon.client();
  const output = join(daemon.parent, 's');
  await client.ask('create-session', { name: 's', output, ...DEFAULT_SESSION });
  await client.ask('enable-channel', { session: 's', channel: CHANNEL });
  await client.ask('enable-event', { session: 's', channel: CHANNEL.name, rule: { pattern: 'e2e:*' } });
  await client.ask('start-session', { session: 's' });
  return { client, output };
}

async function startedDaemon(): Promise<TestDaemon> {
  const daemon = new TestDaemon();
  onTestFinished(() => daemon.dispose());
  vi.stubEnv('NODE_OPTIONS', `--heapsnapshot-signal=${HEAP_SIGNAL} --diagnostic-dir=${daemon.parent}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  await daemon.start(CONSUMER, ['--log-level', 'info']);
  return daemon;
}

it(`${PROCESSES} short processes are all recorded, and the daemons keep nothing of them`, {
  timeout: 3_600_000,
}, async () => {
  const daemon = await startedDaemon();
  const { client, output } = await sessionOf(daemon);
  const warmUp = Math.ceil(PROCESSES / 2);
  for (let idx = 0; idx < warmUp; idx++) await liveShortly(daemon, client);
  const consumer = (await client.ask('daemon-status', {})).consumerPid as number;
  const kept = async () => ({
    daemon: await keptBy(daemon.pid, daemon.parent),
    consumer: await keptBy(consumer, daemon.parent),
  });
  // Requests are answered in order, so all earlier messages of processes have been handled.
  await client.ask('session-statistics', { session: 's' });
  const before = await kept();
  for (let idx = warmUp; idx < PROCESSES; idx++) await liveShortly(daemon, client);
  await client.ask('session-statistics', { session: 's' });
  await expect.poll(() => readdirSync(join(output, '.ringtail'))).toEqual([]);
  const after = await kept();
  const statistics = await client.ask('session-statistics', { session: 's' });
  expect(statistics).toMatchObject({
    eventsRecorded: PROCESSES * EVENTS,
    dataStreams: PROCESSES,
    eventsLost: 0,
    eventsDiscarded: 0,
    troubles: [],
  });
  process.stdout.write(`short processes: ${JSON.stringify({ processes: PROCESSES, before, after })}\n`);
  for (const name of ['daemon', 'consumer'] as const) {
    expect(after[name].descriptors - before[name].descriptors).toBeLessThanOrEqual(8);
    // A tenth of the 13 KiB that either daemon once kept for each would exceed this.
    expect(after[name].bytes - before[name].bytes).toBeLessThan(1024 * (PROCESSES - warmUp));
  }
  expect(await client.ask('destroy-session', { session: 's' })).toEqual(statistics);
  const traces = readdirSync(join(output, 'ust', 'pid'));
  expect(traces).toHaveLength(PROCESSES);
  const sandbox = makeSandbox();
  for (let idx = 0; idx < traces.length; idx += Math.ceil(traces.length / 5)) {
    expect(eventsOf(sandbox, join(output, 'ust', 'pid', traces[idx] as string))).toHaveLength(EVENTS);
  }
});

it('no event of short processes is lost or counted twice over kills of consumer daemons, rotations and clears', {
  timeout: 300_000,
}, async () => {
  const daemon = await startedDaemon();
  const { client, output } = await sessionOf(daemon);
  const statistics = () => client.ask('session-statistics', { session: 's' });
  const killConsumer = async () =>
    process.kill((await client.ask('daemon-status', {})).consumerPid as number, 'SIGKILL');
  const live = async (processes: number) => {
    for (let idx = 0; idx < processes; idx++) await liveShortly(daemon, client);
  };

  await live(20);
  await killConsumer();
  await live(20);
  await killConsumer();
  await expect.poll(statistics).toMatchObject({ eventsRecorded: 40 * EVENTS, dataStreams: 40, troubles: [] });
  await killConsumer();
  const { archive } = await client.ask('rotate-session', { session: 's' });
  expect(readdirSync(join(archive, 'ust', 'pid'))).toHaveLength(40);
  expect(eventsOf(makeSandbox(), archive)).toHaveLength(40 * EVENTS);

  await live(5);
  await expect.poll(statistics).toMatchObject({ eventsRecorded: 45 * EVENTS, dataStreams: 45 });
  await client.ask('clear-session', { session: 's' });
  await killConsumer();
  expect(await statistics()).toMatchObject({ eventsRecorded: 0, dataStreams: 0, troubles: [] });
  expect(readdirSync(join(output, 'ust', 'pid'))).toEqual([]);
  await live(3);
  expect(await client.ask('destroy-session', { session: 's' })).toMatchObject({ eventsRecorded: 3 * EVENTS });
  // The second rotation is the one of the end: a session that was rotated is archived whole.
  expect(readdirSync(join(output, 'archives'))).toHaveLength(2);
});
