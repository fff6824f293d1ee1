import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { Places } from './places.ts';

class Connection extends EventEmitter {
  isClosed = false;

  destroy(): void {
    this.isClosed = true;
    this.emit('close');
  }
}

const LONG_MS = 60_000;

it('gives the place of the oldest connection that is not at work to a new one', async () => {
  const places = new Places<Connection>(3, LONG_MS);
  const [busy, idle, young, fresh] = Array.from({ length: 4 }, () => new Connection()) as Connection[];
  places.add(busy as Connection);
  places.add(idle as Connection);
  let finish: (value: string) => void = () => {};
  const work = places.during(
    busy as Connection,
    new Promise<string>((resolve) => {
      finish = resolve;
    }),
  );
  places.add(young as Connection);
  places.add(fresh as Connection);
  const closed = () => [busy, idle, young, fresh].map((connection) => connection?.isClosed);
  expect(closed()).toEqual([false, true, false, false]);
  finish('done');
  expect(await work).toBe('done');
  places.add(new Connection());
  expect(closed()).toEqual([true, true, false, false]);
  places.closeAll();
});

it('closes a new connection where all are at work', () => {
  const places = new Places<Connection>(1, LONG_MS);
  const [busy, fresh] = [new Connection(), new Connection()];
  places.add(busy);
  void places.during(busy, new Promise(() => {}));
  places.add(fresh);
  expect([busy.isClosed, fresh.isClosed]).toEqual([false, true]);
  places.closeAll();
});

it('closes a connection when its time is up, unless it is at work', async () => {
  const places = new Places<Connection>(2, 1);
  const [busy, slow] = [new Connection(), new Connection()];
  for (const connection of [busy, slow]) places.add(connection);
  void places.during(busy, new Promise(() => {}));
  while (!slow.isClosed) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(busy.isClosed).toBe(false);
  places.closeAll();
});
