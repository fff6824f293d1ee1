import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPosix, runDirectoryAt } from '@ringtail/posix';
import { DEFAULT_CHANNEL, directoryAt, type OpenTraceRequest } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { descriptorOf } from '../peers/descriptor-of.ts';
import { processWork } from '../peers/process-identity.ts';
import { FAKE_CONSUMER } from '../testing/test-daemon.test.support.ts';
import { ConsumerLink } from './consumer-link.ts';
import { type ConsumerProcess, consumerStarter } from './consumer-process.ts';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
const { posix } = loaded;
const HANG_TIMEOUT_MS = 400;

const openTrace: OpenTraceRequest = {
  type: 'open-trace',
  trace: 1,
  session: 's',
  output: directoryAt('/d'),
  tracePath: 'ust/uid/0/64-bit',
  snapshot: false,
  format: 'ctf-1.8',
  owner: { uid: 0, gid: 0 },
  ringDirectory: null,
  uuid: '00000000-0000-4000-8000-000000000000',
  clock: 'monotonic',
  clockFrequencyHz: '1',
  clockOffsetNs: '0',
  environment: [],
};

let directory: string;
let link: ConsumerLink;
let consumers: ConsumerProcess[];
let errors: string[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-link-'));
  consumers = [];
  errors = [];
  const log = { error: (text: string) => void errors.push(text), warn: () => {}, info: () => {}, debug: () => {} };
  const start = consumerStarter(FAKE_CONSUMER, directory, log);
  link = new ConsumerLink({
    socketPath: runDirectoryAt(directory).consumerSocket,
    startConsumer: () => {
      const consumer = start();
      consumers.push(consumer);
      return consumer;
    },
    peerPidOf: (socket) => posix.peerCredentials(descriptorOf(socket)).pid,
    workOf: processWork,
    hangTimeoutMs: HANG_TIMEOUT_MS,
    log,
  });
  await link.start();
  await link.connected();
});
afterEach(async () => {
  await link.stop();
  for (const consumer of consumers) await consumer.ended;
  rmSync(directory, { recursive: true });
});

function asked(): number {
  const path = join(directory, 'asked');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
}

describe('ConsumerLink', () => {
  it('kills a consumer that does not get on with what it was asked, and asks the next', async () => {
    consumers[0]?.kill('SIGSTOP');
    expect(await link.perform({ type: 'flush', session: 's' })).toMatchObject({ eventsRecorded: 42 });
    expect(consumers).toHaveLength(2);
    expect(await consumers[0]?.ended).toContain('SIGKILL');
    expect(errors.join()).toContain('the consumer has done nothing');
  });

  it('leaves one alone that was asked nothing', async () => {
    await link.perform({ type: 'flush', session: 's' });
    await new Promise((resolve) => setTimeout(resolve, 4 * HANG_TIMEOUT_MS));
    expect(consumers).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('repeats what is refused for as long as it is wanted, to the next consumer too', async () => {
    writeFileSync(join(directory, 'refuse'), 'open-ring');
    const refusals: string[] = [];
    const told = link.setUp(
      {
        type: 'open-ring',
        channel: 1,
        ring: 1,
        streamInstanceId: 0,
        source: { kind: 'thread-ring', path: '/dev/null', bytes: 1, pid: 1, tid: 1, procname: 'p', program: 'p' },
      },
      ({ code }) => refusals.push(code) > 0,
    );
    await expect.poll(() => refusals.length).toBeGreaterThan(1);
    consumers[0]?.kill('SIGKILL');
    await expect.poll(() => consumers.length).toBe(2);
    rmSync(join(directory, 'refuse'));
    await told;
    expect(refusals[0]).toBe('NOT_WRITTEN');
    expect(asked()).toBeGreaterThan(2);
  });

  it('says that a consumer went without an answer to what no other will be asked, its session being closed', async () => {
    await link.setUp(openTrace);
    await link.setUp({
      type: 'open-channel',
      trace: 1,
      channel: 1,
      streamClassId: 0,
      attributes: DEFAULT_CHANNEL,
      contexts: [],
      producer: 'thread',
    });
    writeFileSync(join(directory, 'hold'), 'declare-events');
    const declared = link.setUp({ type: 'declare-events', channel: 1, events: [] });
    await link.perform({ type: 'close-session', session: 's' });
    consumers[0]?.kill('SIGKILL');
    await expect(declared).rejects.toMatchObject({ code: 'CONSUMER_GONE' });
  });
});
