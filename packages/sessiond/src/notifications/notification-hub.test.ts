import type { Notification } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client } from '../model/client.ts';
import { NotificationHub } from './notification-hub.ts';

class FakeClient implements Client {
  readonly uid: number;
  readonly gid = 0;
  readonly got: Notification[] = [];
  reads = true;
  close: () => void = () => {};

  constructor(uid: number) {
    this.uid = uid;
  }

  notify(notification: Notification): boolean {
    if (this.reads) this.got.push(notification);
    return this.reads;
  }

  onClosed(callback: () => void): void {
    this.close = callback;
  }
}

const started = (session: string): Notification => ({ kind: 'session-started', session });

describe('NotificationHub', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells users of what is theirs, and root of everything', () => {
    const hub = new NotificationHub();
    const [root, user, other] = [new FakeClient(0), new FakeClient(7), new FakeClient(8)];
    for (const client of [root, user, other, user]) hub.subscribe(client);
    hub.publish(started('s'), 7);
    expect([root.got, user.got, other.got]).toEqual([[started('s')], [started('s')], []]);
  });

  it('counts what a client did not read, and says so before anything else', () => {
    const hub = new NotificationHub();
    const client = new FakeClient(7);
    hub.subscribe(client);
    client.reads = false;
    hub.publish(started('a'), 7);
    hub.publish(started('b'), 7);
    client.reads = true;
    hub.publish(started('c'), 7);
    expect(client.got).toEqual([{ kind: 'dropped', count: 2 }, started('c')]);
    vi.runAllTimers();
    expect(client.got).toHaveLength(2);
  });

  it('says so though nothing more happens', () => {
    const hub = new NotificationHub();
    const client = new FakeClient(7);
    hub.subscribe(client);
    client.reads = false;
    hub.publish(started('a'), 7);
    vi.advanceTimersByTime(5000);
    client.reads = true;
    vi.advanceTimersByTime(1000);
    expect(client.got).toEqual([{ kind: 'dropped', count: 1 }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('forgets a client that has gone', () => {
    const hub = new NotificationHub();
    const client = new FakeClient(7);
    hub.subscribe(client);
    client.reads = false;
    hub.publish(started('a'), 7);
    client.close();
    client.reads = true;
    hub.publish(started('b'), 7);
    vi.runAllTimers();
    expect(client.got).toEqual([]);
  });
});
