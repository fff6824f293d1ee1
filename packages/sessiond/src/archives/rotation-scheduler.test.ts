import type { Timer, Timers } from '@ringtail/base';
import { directoryAt } from '@ringtail/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Session } from '../model/session.ts';
import { SessionArchive } from '../model/session-archive.ts';
import { Troubles } from '../model/troubles.ts';
import { QUIET_LOG } from '../testing/quiet-log.test.support.ts';
import { RotationScheduler } from './rotation-scheduler.ts';

/** A clock and its timers, of which there is one at most. */
class FakeTime implements Timers {
  now = 0;
  #timer: { at: number; callback: () => void } | undefined;

  nowMs = () => this.now;

  after(delayMs: number, callback: () => void): Timer {
    const timer = { at: this.now + delayMs, callback };
    this.#timer = timer;
    return {
      cancel: () => {
        if (this.#timer === timer) this.#timer = undefined;
      },
    };
  }

  get waits(): boolean {
    return this.#timer !== undefined;
  }

  async advanceTo(now: number): Promise<void> {
    while (this.#timer !== undefined && this.#timer.at <= now) {
      const { at, callback } = this.#timer;
      this.#timer = undefined;
      this.now = at;
      callback();
      await settled();
    }
    this.now = now;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

let time: FakeTime;
let session: Session;
let sessions: Session[];
let bytes: number;
let rotatedAt: number[];
let failing: boolean;
let scheduler: RotationScheduler;
beforeEach(() => {
  time = new FakeTime();
  const archive = new SessionArchive({ name: 's', snapshot: false, output: directoryAt('/out') });
  archive.started(new Date(0));
  session = {
    name: 's',
    owner: { uid: 0, gid: 0 },
    active: true,
    archive,
    troubles: new Troubles(),
  } as unknown as Session;
  sessions = [session];
  bytes = 0;
  rotatedAt = [];
  failing = false;
  scheduler = new RotationScheduler({
    sessions: () => sessions,
    recordedBytes: async () => bytes,
    rotate: async () => {
      if (failing) throw new Error('the disk is full');
      rotatedAt.push(time.now);
      archive.rotated('/a', new Date(0), true, bytes);
    },
    timers: time,
    log: QUIET_LOG,
  });
});

describe('RotationScheduler', () => {
  it('rotates by time, counted from when it was asked for', async () => {
    session.archive.setSchedule({ timerUs: 2_500_000 });
    scheduler.check();
    await time.advanceTo(8000);
    expect(rotatedAt).toEqual([2500, 5000, 7500]);
  });

  it('does not make up for rotations that it missed', async () => {
    session.archive.setSchedule({ timerUs: 1_000_000 });
    scheduler.check();
    time.now = 5500;
    scheduler.check();
    await settled();
    await time.advanceTo(7000);
    expect(rotatedAt).toEqual([5500, 6000, 7000]);
  });

  it('rotates by size, as a look once a second finds it', async () => {
    session.archive.setSchedule({ sizeBytes: 100 });
    bytes = 1000;
    scheduler.check();
    await time.advanceTo(1500);
    bytes = 1100;
    await time.advanceTo(2500);
    expect(rotatedAt).toEqual([2000]);
    bytes = 1199;
    await time.advanceTo(4500);
    expect(rotatedAt).toEqual([2000]);
    bytes = 1200;
    await time.advanceTo(5500);
    expect(rotatedAt).toEqual([2000, 5000]);
  });

  it('counts from a rotation by command on, whose time is not that of the schedule', async () => {
    session.archive.setSchedule({ timerUs: 5_000_000, sizeBytes: 100 });
    scheduler.check();
    await time.advanceTo(1500);
    bytes = 99;
    session.archive.rotated('/a', new Date(0), true, bytes);
    await time.advanceTo(2500);
    bytes = 198;
    await time.advanceTo(5500);
    expect(rotatedAt).toEqual([5000]);
    bytes = 298;
    await time.advanceTo(6500);
    expect(rotatedAt).toEqual([5000, 6000]);
  });

  it('begins to count anew when there are fewer bytes than before', async () => {
    session.archive.setSchedule({ sizeBytes: 100 });
    bytes = 90;
    scheduler.check();
    await settled();
    bytes = 0;
    await time.advanceTo(1000);
    bytes = 99;
    await time.advanceTo(2000);
    expect(rotatedAt).toEqual([]);
    bytes = 100;
    await time.advanceTo(3000);
    expect(rotatedAt).toEqual([3000]);
  });

  it('leaves sessions alone that are stopped, and begins anew when they are started', async () => {
    session.archive.setSchedule({ timerUs: 1_000_000 });
    scheduler.check();
    session.active = false;
    await time.advanceTo(3000);
    expect([rotatedAt, time.waits]).toEqual([[], false]);
    session.active = true;
    time.now = 3500;
    scheduler.check();
    await time.advanceTo(4500);
    expect(rotatedAt).toEqual([4500]);
  });

  it('says in the session why a rotation failed, and tries again when the time has come again', async () => {
    session.archive.setSchedule({ timerUs: 1_000_000 });
    failing = true;
    scheduler.check();
    await time.advanceTo(1500);
    expect(session.troubles.list().join()).toContain('the disk is full');
    failing = false;
    await time.advanceTo(2000);
    expect(rotatedAt).toEqual([2000]);
  });

  it('waits for nothing where nothing is scheduled, or after its end', async () => {
    scheduler.check();
    expect(time.waits).toBe(false);
    session.archive.setSchedule({ timerUs: 1_000_000 });
    scheduler.check();
    scheduler.close();
    expect(time.waits).toBe(false);
  });
});
