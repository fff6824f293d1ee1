import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunDirectory, runDirectoryAt } from '@ringtail/posix';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStream } from '../../packages/consumerd/src/testing/read-stream.test.support.ts';
import { requests } from '../../packages/consumerd/src/testing/requests.test.support.ts';
import { TestRing } from '../../packages/consumerd/src/testing/test-ring.test.support.ts';
import { ConsumerPeer } from './consumer-peer.ts';

const MAIN = fileURLToPath(new URL('../../packages/cli/bundle/ringtail-consumerd.js', import.meta.url));

let root: string;
let run: RunDirectory;
let server: Server;
let child: ChildProcess;
let exited: Promise<unknown[]>;
let log: string;
let peer: ConsumerPeer;
let ring: TestRing;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-consumerd-'));
  run = runDirectoryAt(root);
  server = createServer();
  server.listen(run.consumerSocket);
  await once(server, 'listening');
  ring = new TestRing({ directory: root });
});

afterEach(async () => {
  child.kill('SIGKILL');
  await exited;
  peer?.end();
  server.close();
  ring.close();
  rmSync(root, { recursive: true, force: true });
});

async function start(): Promise<void> {
  child = spawn(process.execPath, [MAIN, '--rundir', root], { stdio: ['ignore', 'ignore', 'pipe'] });
  exited = once(child, 'exit');
  log = '';
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  const [socket] = await Promise.race([
    once(server, 'connection'),
    exited.then(() => {
      throw new Error(`the consumer daemon ended: ${log}`);
    }),
  ]);
  peer = new ConsumerPeer(socket as Socket);
}

async function openAll(): Promise<void> {
  const { setUp, openRing } = requests(root);
  for (const command of [...setUp, openRing(1, ring)]) {
    expect(await peer.request(command)).toEqual({ id: 1, ok: true, result: null });
  }
}

const stream = () => join(root, 'out/ust/uid/0/64-bit/channel0_1');
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the consumer daemon', () => {
  it('makes its FIFO, lets quiet rings sleep, and wakes when a producer closes a sub-buffer', async () => {
    await start();
    await openAll();
    expect(statSync(run.wakeFifo).isFIFO()).toBe(true);
    await until(() => ring.wakeRequested);
    const fifo = openSync(run.wakeFifo, constants.O_WRONLY | constants.O_NONBLOCK);
    ring.onSubBufClosed = () => writeSync(fifo, '!');
    // Only a wake that finds something ends the sleep of a ring; the tick may have come first.
    while (ring.wakeRequested) {
      ring.record(900);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    closeSync(fifo);
    ring.onSubBufClosed = () => {};
    const reply = await peer.request({ type: 'flush', session: 's' });
    expect(reply).toMatchObject({ ok: true, result: { eventsRecorded: ring.recorded } });
    expect(readStream(stream()).numbers).toEqual(upTo(ring.recorded));
  });

  it('takes all events and ends when the session daemon goes away', async () => {
    await start();
    await openAll();
    ring.record(900);
    peer.end();
    expect(await exited).toEqual([0, null]);
    expect(readStream(stream()).numbers).toEqual(upTo(900));
    expect(log).toMatch(/^\S+Z ringtail-consumerd\[\d+\]: ends: the session daemon closed the connection$/m);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('takes all events and ends on %s', async (signal) => {
    await start();
    await openAll();
    ring.record(900);
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
    expect(readStream(stream()).numbers).toEqual(upTo(900));
  });

  it('killed during events, and started again, repeats no event and loses none', async () => {
    for (let kill = 0; kill < 5; kill++) {
      await start();
      await openAll();
      for (let i = 0; i < 20; i++) {
        ring.record(37);
        if (i % 7 === kill) await peer.request({ type: 'flush', session: 's' });
        await new Promise((resolve) => setImmediate(resolve));
      }
      child.kill('SIGKILL');
      await exited;
    }
    await start();
    await openAll();
    const reply = await peer.request({ type: 'close-session', session: 's' });
    expect(readStream(stream()).numbers).toEqual(upTo(ring.recorded));
    expect(reply).toMatchObject({ result: { eventsRecorded: ring.recorded, eventsLost: 0, troubles: [] } });
  });

  it('refuses a malformed request and goes on, and ends at a malformed frame', async () => {
    await start();
    peer.send({ id: 5, command: { type: 'open-sesame' } });
    expect(await peer.reply()).toMatchObject({ id: 5, ok: false, code: 'BAD_MESSAGE' });
    peer.send('what');
    expect(await peer.reply()).toMatchObject({ id: 0, ok: false, code: 'BAD_MESSAGE' });
    expect(await peer.request({ type: 'statistics', session: 's' })).toMatchObject({ ok: true });
    peer.write(Buffer.alloc(8, 0xff));
    expect(await exited).toEqual([0, null]);
    expect(log).toContain('the peer announced 4294967295 bytes');
  });

  it('answers many requests sent at once, in order', async () => {
    await start();
    for (let id = 0; id < 100; id++) peer.send({ id, command: { type: 'statistics', session: 's' } });
    for (let id = 0; id < 100; id++) expect((await peer.reply()).id).toBe(id);
  });

  it('does not accept a file as its FIFO', async () => {
    writeFileSync(run.wakeFifo, '');
    await expect(start()).rejects.toThrowError(/is not a FIFO of this user/);
    expect(await exited).toEqual([1, null]);
  });
});
