import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { loadPosix } from '@ringtail/posix';
import { expect, it, onTestFinished } from 'vitest';
import { PacedListener } from './paced-listener.ts';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
const { duplicate } = loaded.posix;

it('takes no more connections in a second than it may; further ones wait and keep their turn', async () => {
  const taken: Socket[] = [];
  const takenAtMs: number[] = [];
  const listener = await PacedListener.listen({
    listen: { host: '127.0.0.1', port: 0 },
    connectionsPerSecondMax: 2,
    onConnection: (socket) => {
      taken.push(socket);
      takenAtMs.push(performance.now());
    },
    onError: (error) => expect.fail(error.message),
    duplicate,
  });
  onTestFinished(() => listener.close());
  const connected: Socket[] = [];
  onTestFinished(() => {
    for (const socket of [...connected, ...taken]) socket.destroy();
  });
  for (let n = 0; n < 7; n++) {
    const socket = connect(listener.port, '127.0.0.1');
    connected.push(socket);
    // The kernel takes it, whether or not we listen at the moment.
    await once(socket, 'connect');
  }
  while (taken.length < 7) await new Promise((resolve) => setTimeout(resolve, 20));
  // A busy machine makes the periods longer, never shorter. Timers may be a moment early.
  const periodsMs = [2, 4, 6].map((n) => (takenAtMs[n] as number) - (takenAtMs[n - 2] as number));
  for (const periodMs of periodsMs) expect(periodMs).toBeGreaterThan(990);
  expect(taken.map(({ remotePort }) => remotePort)).toEqual(connected.map(({ localPort }) => localPort));
});
