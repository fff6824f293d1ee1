import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunDirectory, runDirectoryAt } from '@ringtail/posix';
import { directoryAt, type SessionStatistics } from '@ringtail/protocol';
import { RingMode } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStream } from '../../packages/consumerd/src/testing/read-stream.test.support.ts';
import { requests } from '../../packages/consumerd/src/testing/requests.test.support.ts';
import { TestRing, type TestRingOptions } from '../../packages/consumerd/src/testing/test-ring.test.support.ts';
import { requirePeer } from '../peers.ts';
import { ConsumerPeer } from './consumer-peer.ts';

const MAIN = fileURLToPath(new URL('../../packages/cli/bundle/ringtail-consumerd.js', import.meta.url));
const babeltrace = requirePeer('babeltrace2', 'that snapshots are whole traces, without messages of loss');
const PLACE = 'ust/uid/0/64-bit';

let root: string;
let run: RunDirectory;
let server: Server;
let child: ChildProcess;
let exited: Promise<unknown[]>;
let peer: ConsumerPeer;
let rings: TestRing[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-snapshots-'));
  run = runDirectoryAt(root);
  rings = [];
  server = createServer();
  server.listen(run.consumerSocket);
  await once(server, 'listening');
});

afterEach(async () => {
  child.kill('SIGKILL');
  await exited;
  peer?.end();
  server.close();
  for (const ring of rings) ring.close();
  rmSync(root, { recursive: true, force: true });
});

function makeRing(options: Partial<TestRingOptions> = {}): TestRing {
  const name = `channel0_10-11-${rings.length + 1}.ring`;
  const ring = new TestRing({ directory: root, name, mode: RingMode.OVERWRITE, ...options });
  rings.push(ring);
  return ring;
}

async function start(output: string | null): Promise<void> {
  child = spawn(process.execPath, [MAIN, '--rundir', root], { stdio: 'ignore' });
  exited = once(child, 'exit');
  const [socket] = await once(server, 'connection');
  peer = new ConsumerPeer(socket as Socket);
  const { setUp, openRing } = requests(root);
  const [openTrace, ...rest] = setUp;
  const opened = rings.map((ring, idx) => openRing(idx + 1, ring));
  for (const command of [
    { ...openTrace, snapshot: true, output: output === null ? null : directoryAt(output), ringDirectory: null },
    ...rest,
    ...opened,
  ]) {
    expect(await peer.request(command)).toEqual({ id: 1, ok: true, result: null });
  }
}

const snapshotIn = (name: string) => join(root, 'snapshots', name);

async function take(name: string): Promise<SessionStatistics> {
  const reply = await peer.request({
    type: 'snapshot',
    session: 's',
    destination: directoryAt(snapshotIn(name)),
    maxBytes: null,
  });
  if (!reply.ok || reply.result === null) throw new Error(`no snapshot: ${JSON.stringify(reply)}`);
  return reply.result as SessionStatistics;
}

/** Event numbers in the output of Babeltrace 2, and its other output. */
function readBack(directory: string): { numbers: number[]; messages: string } {
  const { stdout, stderr, status } = spawnSync(babeltrace as string, [directory], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  expect([status, stderr.includes('ERROR')]).toEqual([0, false]);
  return { numbers: [...stdout.matchAll(/ n = ([0-9]+)/g)].map((match) => Number(match[1])), messages: stderr };
}

const lastOf = (count: number, all: number) => Array.from({ length: count }, (_, i) => all - count + i);

describe.skipIf(babeltrace === undefined)('a snapshot, read by Babeltrace 2', () => {
  it('has the content of the rings, and no message of loss, however much was overwritten', async () => {
    const [ring] = [makeRing(), makeRing()];
    await start(null);
    ring.recordTooBig();
    ring.record(50_000);
    const { eventsRecorded } = await take('a');
    expect(eventsRecorded).toBeGreaterThan(1000);
    expect(readBack(snapshotIn('a'))).toEqual({ numbers: lastOf(eventsRecorded, 50_000), messages: '' });
    ring.record(10);
    expect(readBack(snapshotIn('a')).numbers).toHaveLength(eventsRecorded);
    await take('b');
    expect(readBack(snapshotIn('b')).numbers.at(-1)).toBe(50_009);
    expect(readdirSync(root).filter((name) => name === 'out')).toEqual([]);
  });

  it('reports events that were discarded within it', async () => {
    const ring = makeRing();
    await start(null);
    ring.record(1000);
    ring.recordTooBig();
    ring.record(500);
    expect(await take('a')).toMatchObject({ eventsDiscarded: 1, packetsLost: 0 });
    expect(readBack(snapshotIn('a')).messages).toMatch(/discarded 1 event/);
  });

  it('is written by a consumer daemon whose session daemon has gone', async () => {
    const ring = makeRing();
    await start(join(root, 'out'));
    ring.record(20_000);
    peer.end();
    expect(await exited).toEqual([0, null]);
    const [name] = readdirSync(join(root, 'out'));
    expect(name).toMatch(/^s-recovered-[0-9]{8}-[0-9]{6}$/);
    const { numbers, messages } = readBack(join(root, 'out', name as string));
    expect({ numbers, messages }).toEqual({ numbers: lastOf(numbers.length, 20_000), messages: '' });
    expect(numbers.length).toBeGreaterThan(1000);
  });

  it('is whole even if the consumer daemon was killed in the middle of it', async () => {
    const ring = makeRing({ subBufBytes: 1024 * 1024, subBufCount: 16 });
    ring.record(2_000_000);
    for (let kill = 0; kill < 3; kill++) {
      await start(null);
      peer.send({
        id: 2,
        command: { type: 'snapshot', session: 's', destination: directoryAt(snapshotIn('a')), maxBytes: null },
      });
      while (!existsSync(join(root, 'snapshots'))) await new Promise((resolve) => setImmediate(resolve));
      child.kill('SIGKILL');
      await exited;
      peer.end();
      // Half a snapshot has another name.
      if (existsSync(snapshotIn('a'))) break;
      expect(readdirSync(join(root, 'snapshots')).filter((name) => name !== 'a.partial')).toEqual([]);
    }
    await start(null);
    const { eventsRecorded, packetsLost } = await take('a');
    const { numbers } = readStream(join(snapshotIn('a'), PLACE, 'channel0_1'));
    expect(numbers).toEqual(lastOf(eventsRecorded, 2_000_000));
    expect([packetsLost, readdirSync(join(root, 'snapshots'))]).toEqual([0, ['a']]);
  });

  it('does not delay other requests, and is answered even if the session is closed during it', async () => {
    const ring = makeRing({ subBufBytes: 1024 * 1024, subBufCount: 64 });
    ring.record(2_000_000);
    await start(null);
    peer.send({
      id: 2,
      command: { type: 'snapshot', session: 's', destination: directoryAt(snapshotIn('a')), maxBytes: null },
    });
    peer.send({ id: 3, command: { type: 'statistics', session: 's' } });
    peer.send({ id: 4, command: { type: 'close-session', session: 's' } });
    const replies = [await peer.reply(), await peer.reply(), await peer.reply()];
    const byId = new Map(replies.map((reply) => [reply.id, reply]));
    for (const id of [2, 3, 4]) expect(byId.get(id)).toMatchObject({ ok: true, result: { eventsRecorded: 2_000_000 } });
    expect(readStream(join(snapshotIn('a'), PLACE, 'channel0_1')).numbers).toEqual(lastOf(2_000_000, 2_000_000));
  });
});
