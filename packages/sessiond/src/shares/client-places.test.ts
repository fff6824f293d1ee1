import { describe, expect, it } from 'vitest';
import { ClientPlaces, type PlaceHolder } from './client-places.ts';

function placesOf(total: number, rootReserve: number, daemonUid = 0): ClientPlaces {
  return new ClientPlaces({ total, rootReserve, daemonUid, userBehind: (uid) => uid });
}

class FakeClient implements PlaceHolder {
  readonly uid: number;
  activity: PlaceHolder['activity'];
  sinceMs: number;
  madeRoom: string | undefined;

  constructor(uid: number, activity: PlaceHolder['activity'] = 'idle', sinceMs = 0) {
    this.uid = uid;
    this.activity = activity;
    this.sinceMs = sinceMs;
  }

  makeRoom(why: string): void {
    this.madeRoom = why;
  }
}

/** As many clients of a user as find a place. */
function fill(places: ClientPlaces, uid: number): FakeClient[] {
  const clients: FakeClient[] = [];
  for (;;) {
    const client = new FakeClient(uid);
    if (places.take(client) !== undefined) return clients;
    clients.push(client);
  }
}

describe('places for clients', () => {
  it('are all for one user while no other wants any, but for those of root', () => {
    const places = placesOf(16, 2);
    expect(fill(places, 1001)).toHaveLength(14);
    expect(fill(places, 0)).toHaveLength(16);
  });

  it('are refused to a user who has as many as any other, with the user and the number', () => {
    const places = placesOf(16, 2);
    fill(places, 1001);
    expect(places.take(new FakeClient(1001))).toMatch(
      /^the share of user 1001 is used up: all 16 places for clients are taken.* the 14 of this one: end some clients/,
    );
  });

  it('are divided evenly between users who want all of them', () => {
    const places = placesOf(16, 2);
    fill(places, 1001);
    fill(places, 1002);
    const third = fill(places, 1003);
    expect(third.filter(({ madeRoom }) => madeRoom === undefined)).toHaveLength(4);
    expect(fill(places, 1002)).toHaveLength(0);
  });

  it('are given up by the client that does least, and has for longest', () => {
    const places = placesOf(7, 2);
    const clients = (['busy', 'listening', 'idle', 'idle', 'silent'] as const).map(
      (activity, nth) => new FakeClient(1001, activity, nth === 3 ? -1 : nth),
    );
    for (const client of clients) places.take(client);
    places.take(new FakeClient(1002));
    places.take(new FakeClient(1003));
    const [busy, listening, idle, longIdle, silent] = clients;
    expect(silent?.madeRoom).toMatch(/user 1001 has the most \(5\)/);
    expect(longIdle?.madeRoom).toMatch(/user 1001 has the most \(4\)/);
    expect([busy, listening, idle].map((client) => client?.madeRoom)).toEqual([undefined, undefined, undefined]);
  });

  it('are kept by clients of root, whatever others want', () => {
    const places = placesOf(8, 2);
    const ofRoot = Array.from({ length: 6 }, () => new FakeClient(0));
    for (const client of ofRoot) places.take(client);
    expect(fill(places, 1001)).toHaveLength(2);
    fill(places, 1002);
    expect(ofRoot.filter(({ madeRoom }) => madeRoom !== undefined)).toEqual([]);
  });

  it('are free again when a client has left', () => {
    const places = placesOf(4, 2);
    const [client] = fill(places, 1001);
    places.leave(client as FakeClient);
    expect(fill(places, 1001)).toHaveLength(1);
  });
});
