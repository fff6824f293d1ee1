import { describe, expect, it } from 'vitest';
import { ClientSlots, type SlotHolder } from './client-slots.ts';

function slotsOf(total: number, rootReserve: number, daemonUid = 0): ClientSlots {
  return new ClientSlots({ total, rootReserve, daemonUid, userBehind: (uid) => uid });
}

class FakeClient implements SlotHolder {
  readonly uid: number;
  activity: SlotHolder['activity'];
  sinceMs: number;
  madeRoom: string | undefined;

  constructor(uid: number, activity: SlotHolder['activity'] = 'idle', sinceMs = 0) {
    this.uid = uid;
    this.activity = activity;
    this.sinceMs = sinceMs;
  }

  makeRoom(why: string): void {
    this.madeRoom = why;
  }
}

/** As many clients of a user as find a slot. */
function fill(slots: ClientSlots, uid: number): FakeClient[] {
  const clients: FakeClient[] = [];
  for (;;) {
    const client = new FakeClient(uid);
    if (slots.take(client) !== undefined) return clients;
    clients.push(client);
  }
}

describe('places for clients', () => {
  it('are all for one user while no other wants any, but for those of root', () => {
    const slots = slotsOf(16, 2);
    expect(fill(slots, 1001)).toHaveLength(14);
    expect(fill(slots, 0)).toHaveLength(16);
  });

  it('are refused to a user who has as many as any other, with the user and the number', () => {
    const slots = slotsOf(16, 2);
    fill(slots, 1001);
    expect(slots.take(new FakeClient(1001))).toMatch(
      /^the share of user 1001 is used up: all 16 places for clients are taken.* the 14 of this one: end some clients/,
    );
  });

  it('are divided evenly between users who want all of them', () => {
    const slots = slotsOf(16, 2);
    fill(slots, 1001);
    fill(slots, 1002);
    const third = fill(slots, 1003);
    expect(third.filter(({ madeRoom }) => madeRoom === undefined)).toHaveLength(4);
    expect(fill(slots, 1002)).toHaveLength(0);
  });

  it('are given up by the client that does least, and has for longest', () => {
    const slots = slotsOf(7, 2);
    const clients = (['busy', 'listening', 'idle', 'idle', 'silent'] as const).map(
      (activity, nth) => new FakeClient(1001, activity, nth === 3 ? -1 : nth),
    );
    for (const client of clients) slots.take(client);
    slots.take(new FakeClient(1002));
    slots.take(new FakeClient(1003));
    const [busy, listening, idle, longIdle, silent] = clients;
    expect(silent?.madeRoom).toMatch(/user 1001 has the most \(5\)/);
    expect(longIdle?.madeRoom).toMatch(/user 1001 has the most \(4\)/);
    expect([busy, listening, idle].map((client) => client?.madeRoom)).toEqual([undefined, undefined, undefined]);
  });

  it('are kept by clients of root, whatever others want', () => {
    const slots = slotsOf(8, 2);
    const ofRoot = Array.from({ length: 6 }, () => new FakeClient(0));
    for (const client of ofRoot) slots.take(client);
    expect(fill(slots, 1001)).toHaveLength(2);
    fill(slots, 1002);
    expect(ofRoot.filter(({ madeRoom }) => madeRoom !== undefined)).toEqual([]);
  });

  it('are free again when a client has left', () => {
    const slots = slotsOf(4, 2);
    const [client] = fill(slots, 1001);
    slots.leave(client as FakeClient);
    expect(fill(slots, 1001)).toHaveLength(1);
  });
});
