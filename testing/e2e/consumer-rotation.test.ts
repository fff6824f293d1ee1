/**
 * Rotations during events, and consumer daemons that are killed in the middle of rotations.
 *
 * RINGTAIL_KILLS is the number of kills (default 8). RINGTAIL_SEED replays their moments.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runDirectoryAt } from '@ringtail/posix';
import {
  type ChannelAttributes,
  type ConsumerCommand,
  directoryAt,
  type SessionStatistics,
  type TraceFormat,
} from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requests } from '../../packages/consumerd/src/testing/requests.test.support.ts';
import { TestRing } from '../../packages/consumerd/src/testing/test-ring.test.support.ts';
import { requirePeer } from '../peers.ts';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';
import { ConsumerPeer } from './consumer-peer.ts';

const MAIN = fileURLToPath(new URL('../../packages/cli/bundle/ringtail-consumerd.js', import.meta.url));
const RINGTAIL = fileURLToPath(new URL('../../packages/cli/bin/ringtail.mjs', import.meta.url));
const babeltrace2 = requirePeer(
  'babeltrace2',
  'that archives and the current trace chunk are one trace, without messages of loss',
);
const PLACE = 'ust/uid/0/64-bit';
const kills = Number(process.env.RINGTAIL_KILLS ?? 8);
const seed = runSeed('consumer-rotation');

let root: string;
let server: Server;
let child: ChildProcess;
let exited: Promise<unknown[]>;
let peer: ConsumerPeer;
let rings: TestRing[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-rotation-'));
  server = createServer();
  server.listen(runDirectoryAt(root).consumerSocket);
  await once(server, 'listening');
  rings = [1, 2].map((id) => new TestRing({ directory: root, name: `channel0_10-11-${id}.ring` }));
});

afterEach(async () => {
  child.kill('SIGKILL');
  await exited;
  peer.end();
  server.close();
  for (const ring of rings) ring.close();
  rmSync(root, { recursive: true, force: true });
});

interface Options {
  readonly format?: TraceFormat;
  readonly attributes?: Partial<ChannelAttributes>;
}

async function start({ format = 'ctf-1.8', attributes = {} }: Options = {}): Promise<void> {
  child = spawn(process.execPath, [MAIN, '--rundir', root], { stdio: 'ignore' });
  exited = once(child, 'exit');
  const [socket] = await once(server, 'connection');
  peer = new ConsumerPeer(socket as Socket);
  const { setUp, openRing } = requests(root);
  const [openTrace, openChannel, declareEvents] = setUp;
  const channel = { ...openChannel, attributes: { ...openChannel.attributes, ...attributes } };
  const opened = rings.map((ring, idx) => openRing(idx + 1, ring, { tid: idx + 1 }));
  for (const command of [{ ...openTrace, format }, channel, declareEvents, ...opened]) {
    expect(await peer.request(command)).toEqual({ id: 1, ok: true, result: null });
  }
}

const chunkAt = (name: string) => join(root, 'out/archives', name);
const rotation = (name: string) => ({ type: 'rotate', session: 's', archive: directoryAt(chunkAt(name)) }) as const;

async function perform(command: ConsumerCommand): Promise<SessionStatistics> {
  const reply = await peer.request(command);
  if (!reply.ok || reply.result === null) throw new Error(`${command.type} failed: ${JSON.stringify(reply)}`);
  return reply.result as SessionStatistics;
}

/** Emits events at full speed until the promise is settled, and some more. */
async function recordDuring(random: SeededRandom, promise: Promise<unknown>): Promise<void> {
  let settled = false;
  const done = promise.finally(() => {
    settled = true;
  });
  while (!settled) {
    random.pick(rings).record(random.between(1, 150));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
}

/** Records events that a stopped consumer does not take, and has it carry out a command afterwards. */
async function whileStopped(record: () => void, command: ConsumerCommand): Promise<SessionStatistics> {
  child.kill('SIGSTOP');
  await expect.poll(() => readFileSync(`/proc/${child.pid}/stat`, 'utf8')).toMatch(/\) T /);
  record();
  const performed = perform(command);
  child.kill('SIGCONT');
  return await performed;
}

/** Event numbers of all chunks together, by thread, and other output of the reader. */
function readBack(
  command: readonly [string, ...string[]],
  path: string,
): { numbers: Map<string, number[]>; messages: string } {
  const [file, ...args] = command;
  const options = { encoding: 'utf8', maxBuffer: 2 ** 30 } as const;
  const { stdout, stderr, status } = spawnSync(file, [...args, path], options);
  expect(status, stderr).toBe(0);
  const numbers = new Map<string, number[]>();
  for (const [, stream, n] of stdout.matchAll(/vtid = ([0-9]+).* n = ([0-9]+)/g)) {
    const list = numbers.get(stream as string) ?? [];
    numbers.set(stream as string, list);
    list.push(Number(n));
  }
  return { numbers, messages: stderr };
}

function expectEveryEventOnce(numbers: Map<string, number[]>): void {
  for (const [idx, ring] of rings.entries()) {
    const found = numbers.get(String(idx + 1)) ?? [];
    expect(found.length).toBe(ring.recorded);
    expect(found.every((n, position) => n === position)).toBe(true);
  }
}

/** Number of discarded events in warnings of Babeltrace. */
function discardedBy(messages: string): number {
  return sumOf([...messages.matchAll(/discarded ([0-9]+) event/g)].map((match) => Number(match[1])));
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const recorded = () => sumOf(rings.map((ring) => ring.recorded));
const byBabeltrace = () => readBack([babeltrace2 as string, '--fields=trace', '--names=all'], join(root, 'out'));

describe.skipIf(babeltrace2 === undefined)('rotations under load, read by Babeltrace 2', () => {
  it(
    `archive every event once, whenever the consumer is killed (${kills} kills, seed ${seed})`,
    async () => {
      const random = new SeededRandom(seed);
      await start();
      for (let kill = 0; kill < kills; kill++) {
        const name = `chunk-${kill}`;
        await recordDuring(random, perform({ type: 'statistics', session: 's' }));
        const delayUs = random.between(0, 4000);
        peer.send({ id: 1, command: rotation(name) });
        const until = process.hrtime.bigint() + BigInt(delayUs) * 1000n;
        while (process.hrtime.bigint() < until) random.pick(rings).record(1);
        child.kill('SIGKILL');
        await exited;
        peer.end();
        for (const ring of rings) ring.record(random.between(0, 600));
        await start();
        await recordDuring(random, perform(rotation(name)));
        expect(existsSync(join(chunkAt(name), PLACE, 'metadata'))).toBe(true);
      }
      const statistics = await perform({ type: 'close-session', session: 's' });
      expect(statistics).toMatchObject({ eventsRecorded: recorded(), eventsLost: 0, packetsLost: 0, troubles: [] });
      const { numbers, messages } = byBabeltrace();
      expectEveryEventOnce(numbers);
      // Discarded events are reported; packets are not lost, and times do not run backwards.
      expect(messages.split('\n').filter((line) => !/discarded [0-9]+ events? between|^$/.test(line))).toEqual([]);
      expect(discardedBy(messages)).toBe(statistics.eventsDiscarded);
      const own = readBack([process.execPath, RINGTAIL, 'view'], join(root, 'out'));
      expectEveryEventOnce(own.numbers);
      expect(own.messages).not.toContain('packet');
      expect(readdirSync(join(root, 'out/archives'))).toHaveLength(kills);
      expect(readdirSync(join(root, 'out')).sort()).toEqual(['.ringtail', 'archives', 'ust']);
    },
    Math.max(120_000, kills * 15_000),
  );

  it('write data streams to several files that are one trace, over rotations and kills', async () => {
    const random = new SeededRandom(seed + 1);
    const options = { attributes: { traceFileBytes: 9000 } };
    await start(options);
    for (let round = 0; round < 4; round++) {
      await recordDuring(random, perform({ type: 'flush', session: 's' }));
      for (let turn = 0; turn < 10; turn++) await recordDuring(random, perform({ type: 'flush', session: 's' }));
      if (round % 2 === 0) await recordDuring(random, perform(rotation(`chunk-${round}`)));
      child.kill('SIGKILL');
      await exited;
      peer.end();
      await start(options);
    }
    const statistics = await perform({ type: 'close-session', session: 's' });
    expect(statistics).toMatchObject({ eventsRecorded: recorded(), packetsLost: 0, troubles: [] });
    const files = readdirSync(join(chunkAt('chunk-2'), PLACE)).filter((name) => name.startsWith('channel0_1_'));
    expect(files.length).toBeGreaterThan(1);
    const { numbers } = byBabeltrace();
    expectEveryEventOnce(numbers);
  });

  it('keep only the newest trace files, which still are a trace', async () => {
    await start({ attributes: { traceFileBytes: 9000, traceFileCount: 3 } });
    for (let turn = 0; turn < 40; turn++) {
      rings[0]?.record(300);
      await perform({ type: 'flush', session: 's' });
    }
    await perform({ type: 'close-session', session: 's' });
    const { numbers, messages } = byBabeltrace();
    const found = numbers.get('1') ?? [];
    const first = recorded() - found.length;
    expect(found).toEqual(Array.from({ length: found.length }, (_, i) => first + i));
    expect(readdirSync(join(root, 'out', PLACE)).sort()).toEqual([
      'channel0_1_0',
      'channel0_1_1',
      'channel0_1_2',
      'index',
      'metadata',
    ]);
    expect(messages).toBe('');
  });

  it('and clears leave no gap between archives and later events', async () => {
    const random = new SeededRandom(seed + 2);
    await start();
    rings[0]?.record(100);
    await perform(rotation('before'));
    await recordDuring(random, perform({ type: 'clear', session: 's' }));
    await perform({ type: 'clear', session: 's' });
    const cleared = rings.map((ring) => ring.recorded);
    for (const ring of rings) ring.record(50);
    const statistics = await perform({ type: 'close-session', session: 's' });
    expect(statistics).toMatchObject({ eventsRecorded: 100, eventsDiscarded: 0, eventsLost: 0, packetsLost: 0 });
    const { numbers, messages } = byBabeltrace();
    const after = (count: number) => Array.from({ length: 50 }, (_, i) => count + i);
    expect(numbers.get('1')).toEqual([...Array.from({ length: 100 }, (_, i) => i), ...after(cleared[0] as number)]);
    expect(numbers.get('2')).toEqual(after(cleared[1] as number));
    expect(messages).not.toContain('packets');
  });

  it('and a clear of a full ring leave the number of events that were discarded later', async () => {
    for (const ring of rings) ring.close();
    const ring = new TestRing({ directory: root, name: 'channel0_10-11-3.ring', subBufCount: 2 });
    rings = [ring];
    await start();
    await whileStopped(() => ring.record(1000), { type: 'clear', session: 's' });
    const first = ring.recorded;
    const statistics = await whileStopped(() => ring.record(1000), { type: 'close-session', session: 's' });
    expect(statistics).toMatchObject({ eventsRecorded: ring.recorded - first, packetsLost: 0, troubles: [] });
    expect(statistics.eventsDiscarded).toBeGreaterThan(0);
    expect(discardedBy(byBabeltrace().messages)).toBe(statistics.eventsDiscarded);
  });
});

describe('a session in CTF 2', () => {
  it('is read as one trace over its chunks and over a killed consumer daemon', async () => {
    const options = { format: 'ctf-2' } as const;
    await start(options);
    for (const ring of rings) ring.record(300);
    await perform(rotation('a'));
    await perform({ type: 'regenerate-metadata', trace: 1, clockOffsetNs: '1600000000000000000' });
    for (const ring of rings) ring.record(300);
    child.kill('SIGKILL');
    await exited;
    peer.end();
    await start(options);
    await perform({ type: 'regenerate-metadata', trace: 1, clockOffsetNs: '1600000000000000000' });
    await perform({ type: 'close-session', session: 's' });
    const metadata = readFileSync(join(root, 'out', PLACE, 'metadata'), 'utf8');
    expect(metadata.startsWith('\u001e{"type":"preamble","version":2,')).toBe(true);
    for (const [chunk, first] of [
      [chunkAt('a'), 0],
      [join(root, 'out/ust'), 300],
    ] as const) {
      const { stdout, stderr, status } = spawnSync(process.execPath, [RINGTAIL, 'view', chunk], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
      const numbers = [...stdout.matchAll(/ n = ([0-9]+)/g)].map((match) => Number(match[1]));
      const expected = Array.from({ length: 600 }, (_, i) => first + Math.floor(i / 2));
      expect(numbers.sort((a, b) => a - b)).toEqual(expected);
    }
  });
});
