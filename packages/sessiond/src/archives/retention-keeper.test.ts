import { FakeTimers } from '@ringtail/base/testing';
import { KEEP_ALL, type Retention } from '@ringtail/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Session } from '../model/session.ts';
import { SessionRegistry } from '../model/session-registry.ts';
import type { ArchiveRemoval } from '../outputs/archive-removal.ts';
import type { EarlierSnapshot } from '../outputs/earlier-snapshots.ts';
import { KEPT_ARCHIVES_MAX, KEPT_UNLIMITED_MAX } from '../shares/limits.ts';
import { QUIET_LOG } from '../testing/quiet-log.test.support.ts';
import { testShares } from '../testing/shares.test.support.ts';
import { createSession } from '../testing/test-sessions.test.support.ts';
import { RetentionKeeper } from './retention-keeper.ts';

const MINUTE_MS = 60_000;

let timers: FakeTimers;
let session: Session;
let sessions: Session[];
let onDisk: string[];
/** Answers instead of a removal, by path. */
let answers: Map<string, ArchiveRemoval | Error>;
let earlier: EarlierSnapshot[];
let keeper: RetentionKeeper;
beforeEach(() => {
  timers = new FakeTimers();
  session = createSession(new SessionRegistry(testShares()), 's');
  sessions = [session];
  onDisk = [];
  answers = new Map();
  earlier = [];
  const outputs = {
    removeArchive: async (_: unknown, path: string): Promise<ArchiveRemoval> => {
      await settled();
      const answer = answers.get(path);
      if (answer instanceof Error) throw answer;
      if (answer !== undefined) return answer;
      const at = onDisk.indexOf(path);
      if (at < 0) return { kind: 'absent' };
      onDisk.splice(at, 1);
      return { kind: 'removed' };
    },
    measureArchive: async () => 10,
    findEarlierSnapshots: async () => earlier,
  };
  keeper = new RetentionKeeper({
    sessions: () => sessions,
    outputs,
    timers,
    userBehind: (uid) => uid,
    now: () => new Date(1e12),
    log: QUIET_LOG,
  });
});

/** Passes all turns of the event loop that the fakes take. */
async function settled(turns = 1): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function limit(limits: Partial<Retention>): void {
  session.archive.archives.limit({ ...KEEP_ALL, ...limits });
}

async function archive(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    onDisk.push(path);
    keeper.completed(session, session.archive.archives, path);
  }
  await settled(20);
}

async function waitMinutes(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    timers.advance(MINUTE_MS);
    await settled(20);
  }
}

describe('RetentionKeeper', () => {
  it('removes the oldest archives beyond a number as others are completed, and counts them', async () => {
    limit({ count: 2 });
    await archive('a', 'b');
    expect(onDisk).toEqual(['a', 'b']);
    await archive('c', 'd');
    expect(onDisk).toEqual(['c', 'd']);
    expect(session.archive.describe().archivesRemoved).toBe(2);
  });

  it('removes archives beyond a size, and never the newest', async () => {
    limit({ bytes: 25 });
    await archive('a', 'b', 'c');
    expect(onDisk).toEqual(['b', 'c']);
    limit({ bytes: 5 });
    keeper.check(session);
    await settled(20);
    expect(onDisk).toEqual(['c']);
  });

  it('removes archives as they get old, while nothing is archived', async () => {
    limit({ ageSeconds: 300 });
    await archive('a');
    await waitMinutes(2);
    await archive('b', 'c');
    await waitMinutes(3);
    expect(onDisk).toEqual(['a', 'b', 'c']);
    await waitMinutes(1);
    expect(onDisk).toEqual(['b', 'c']);
    await waitMinutes(10);
    expect(onDisk).toEqual(['c']);
  });

  it('takes no notice of a system time that jumps', async () => {
    limit({ ageSeconds: 300 });
    const before = Date.now;
    try {
      await archive('a');
      Date.now = () => before() - 1e12;
      await archive('b');
      Date.now = () => before() + 1e12;
      await archive('c');
      await waitMinutes(1);
    } finally {
      Date.now = before;
    }
    expect(onDisk).toEqual(['a', 'b', 'c']);
  });

  it('removes what is being read later, and nothing in its place', async () => {
    limit({ count: 2 });
    answers.set('a', { kind: 'being read' });
    await archive('a', 'b', 'c');
    expect(onDisk).toEqual(['a', 'b', 'c']);
    answers.clear();
    await waitMinutes(1);
    expect(onDisk).toEqual(['b', 'c']);
    expect(session.troubles.list()).toEqual([]);
  });

  it('reports a removal that fails once, removes the others, and tries again', async () => {
    limit({ count: 1 });
    answers.set('a', new Error('EROFS: read-only file system'));
    await archive('a', 'b', 'c');
    await waitMinutes(5);
    expect(onDisk).toEqual(['a', 'c']);
    expect(session.troubles.list()).toEqual(['a could not be removed: EROFS: read-only file system']);
    answers.clear();
    await waitMinutes(1);
    expect([onDisk, session.archive.removed]).toEqual([['c'], 2]);
  });

  it('reports an archive with files of others, and does not count it any more', async () => {
    limit({ count: 2 });
    answers.set('a', { kind: 'foreign', name: 'no\ntes' });
    await archive('a', 'b', 'c', 'd');
    expect(onDisk).toEqual(['a', 'c', 'd']);
    expect(session.troubles.list()).toEqual(['a stays: it contains "no\\ntes", which the session did not make']);
    expect(session.archive.removed).toBe(1);
  });

  it('does not count an archive that its user removed', async () => {
    limit({ count: 2 });
    await archive('a', 'b');
    onDisk = ['b'];
    await archive('c');
    expect([onDisk, session.archive.removed]).toEqual([['b', 'c'], 0]);
  });

  it('applies limits that are set later, to a bounded number of archives', async () => {
    const paths = Array.from({ length: KEPT_UNLIMITED_MAX + 5 }, (_, i) => `archive-${i}`);
    await archive(...paths);
    expect([onDisk.length, timers.pending]).toEqual([paths.length, 0]);
    limit({ count: 3 });
    keeper.check(session);
    await settled(paths.length + 20);
    expect(onDisk).toEqual([...paths.slice(0, 5), ...paths.slice(-3)]);
  });

  it('limits the snapshots of each output by themselves', async () => {
    const { archive: archives } = session;
    const first = archives.addOutput({ name: 'a', path: '/a', maxBytes: null, retention: { ...KEEP_ALL, count: 1 } });
    const second = archives.addOutput({ name: 'b', path: '/b', maxBytes: null });
    onDisk = ['/a/1', '/a/2', '/b/1', '/b/2'];
    for (const path of ['/a/1', '/a/2']) keeper.completed(session, archives.snapshotsAt(first.id)!, path);
    for (const path of ['/b/1', '/b/2']) keeper.completed(session, archives.snapshotsAt(second.id)!, path);
    await settled(20);
    expect(onDisk).toEqual(['/a/2', '/b/1', '/b/2']);
  });

  it('concerns the snapshots of earlier sessions of the same name, once', async () => {
    earlier = [
      { path: 'old', completedMs: 1e12 - 10 * MINUTE_MS },
      { path: 'new', completedMs: 1e12 - MINUTE_MS },
      { path: 'future', completedMs: 2e12 },
    ];
    onDisk = earlier.map(({ path }) => path);
    const retention = { ...KEEP_ALL, ageSeconds: 300 };
    const { id } = session.archive.addOutput({ name: 'a', path: '/a', maxBytes: null, retention });
    keeper.check(session);
    await settled(20);
    expect(onDisk).toEqual(['new', 'future']);
    onDisk.push('own');
    keeper.completed(session, session.archive.snapshotsAt(id)!, 'own');
    await waitMinutes(6);
    expect(onDisk).toEqual(['own']);
    expect(session.archive.removed).toBe(3);
  });

  it('remembers for a user half of the archives that other users leave', () => {
    limit({ ageSeconds: 1e9 });
    const registry = new SessionRegistry(testShares());
    const other = createSession(registry, 'other', { owner: { uid: 7, gid: 7 } });
    sessions = [session, other];
    const others = Array.from({ length: KEPT_ARCHIVES_MAX - 6 }, (_, i) => `other-${i}`);
    other.archive.archives.addEarlier(others.map((path) => ({ path, completedMs: 0, bytes: null })));
    for (const path of ['a', 'b', 'c', 'd', 'e']) keeper.completed(session, session.archive.archives, path);
    expect(session.archive.archives.oldestFirst.map(({ path }) => path)).toEqual(['c', 'd', 'e']);
    expect(session.troubles.list()).toEqual(['its archives are too many to be remembered: the oldest stay']);
  });

  it('waits for nothing when all limited sessions are gone, or when it is closed', async () => {
    limit({ count: 1 });
    await archive('a', 'b');
    expect(timers.pending).toBe(1);
    sessions = [];
    await waitMinutes(1);
    expect(timers.pending).toBe(0);
    sessions = [session];
    keeper.close();
    await archive('c');
    expect(timers.pending).toBe(0);
  });
});
