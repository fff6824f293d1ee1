import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { ConnectionSlots } from './connection-slots.ts';

class Connection extends EventEmitter {
  isClosed = false;

  destroy(): void {
    this.isClosed = true;
    this.emit('close');
  }
}

const LONG_MS = 60_000;

it('gives the slot of the oldest connection that is not at work to a new one', async () => {
  const slots = new ConnectionSlots<Connection>(3, LONG_MS);
  const [busy, idle, young, fresh] = Array.from({ length: 4 }, () => new Connection()) as Connection[];
  slots.add(busy as Connection);
  slots.add(idle as Connection);
  let finish: (value: string) => void = () => {};
  const work = slots.during(
    busy as Connection,
    new Promise<string>((resolve) => {
      finish = resolve;
    }),
  );
  slots.add(young as Connection);
  slots.add(fresh as Connection);
  const closed = () => [busy, idle, young, fresh].map((connection) => connection?.isClosed);
  expect(closed()).toEqual([false, true, false, false]);
  finish('done');
  expect(await work).toBe('done');
  slots.add(new Connection());
  expect(closed()).toEqual([true, true, false, false]);
  slots.closeAll();
});

it('closes a new connection where all are at work', () => {
  const slots = new ConnectionSlots<Connection>(1, LONG_MS);
  const [busy, fresh] = [new Connection(), new Connection()];
  slots.add(busy);
  void slots.during(busy, new Promise(() => {}));
  slots.add(fresh);
  expect([busy.isClosed, fresh.isClosed]).toEqual([false, true]);
  slots.closeAll();
});

it('closes a connection when its time is up, unless it is at work', async () => {
  const slots = new ConnectionSlots<Connection>(2, 1);
  const [busy, slow] = [new Connection(), new Connection()];
  for (const connection of [busy, slow]) slots.add(connection);
  void slots.during(busy, new Promise(() => {}));
  while (!slow.isClosed) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(busy.isClosed).toBe(false);
  slots.closeAll();
});
