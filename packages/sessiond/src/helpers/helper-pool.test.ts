import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  HELPER_END_MS,
  HELPER_IDLE_MS,
  HELPER_START_MS,
  HELPER_TIMEOUT_MS,
  HELPERS_LOST_MAX,
  HELPERS_PER_USER_MAX,
} from '../shares/limits.ts';
import { QUIET_LOG } from '../testing/quiet-log.test.support.ts';
import type { HelperRequest } from './helper-messages.ts';
import { HelperPool } from './helper-pool.ts';
import type { HelperEvents, HelperProcess } from './helper-process.ts';

/** A helper that does what a test says. */
class FakeHelper implements HelperProcess {
  readonly pid = 1;
  readonly requests: HelperRequest[] = [];
  isReady = false;
  state: 'running' | 'ended' | 'killed' = 'running';
  events: HelperEvents;

  constructor(events: HelperEvents) {
    this.events = events;
  }

  send(request: HelperRequest): void {
    this.requests.push(request);
  }

  end(): void {
    this.state = 'ended';
  }

  kill(): void {
    this.state = 'killed';
  }

  ready(): void {
    this.isReady = true;
    this.events.onReply({ kind: 'ready' }, undefined);
  }

  progress(): void {
    this.events.onReply({ kind: 'progress' }, undefined);
  }

  answer(result: unknown): void {
    this.events.onReply({ kind: 'done', result, hasDescriptor: false }, undefined);
  }
}

let helpers: FakeHelper[];
let pool: HelperPool;
let warnings: string[];
beforeEach(() => {
  vi.useFakeTimers();
  helpers = [];
  warnings = [];
  pool = new HelperPool({
    startHelper(events) {
      const helper = new FakeHelper(events);
      helpers.push(helper);
      return helper;
    },
    // Numbers from 100,000 on are those of user 7.
    userBehind: (uid) => (uid >= 100_000 ? 7 : uid),
    log: { ...QUIET_LOG, warn: (line) => warnings.push(line) },
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The message of a refusal, or what was answered. */
function ask(uid: number, path: string): Promise<unknown> {
  return pool.perform('make-snapshot-directory', { uid, gid: uid }, { path }).catch((error: Error) => error.message);
}

const helper = (index: number) => helpers[index] as FakeHelper;

describe('operations in the directories of users', () => {
  it('are carried out one after the other by a helper that is kept', async () => {
    pool.warmUp();
    helper(0).ready();
    const first = ask(1, '/a');
    expect(helper(0).requests).toEqual([
      { operation: 'make-snapshot-directory', owner: { uid: 1, gid: 1 }, params: { path: '/a' } },
    ]);
    helper(0).answer(true);
    const second = ask(2, '/b');
    helper(0).answer(false);
    expect([await first, await second]).toEqual([true, false]);
    vi.advanceTimersByTime(10 * HELPER_IDLE_MS);
    expect(helpers.map(({ state }) => state)).toEqual(['running']);
  });

  it('of several users are carried out at the same time; helpers that were needed for that end, but for one', async () => {
    const answers = [1, 2, 3].map((uid) => ask(uid, '/a'));
    expect(helpers).toHaveLength(3);
    for (const each of helpers) {
      each.ready();
      each.answer(true);
    }
    expect(await Promise.all(answers)).toEqual([true, true, true]);
    vi.advanceTimersByTime(HELPER_IDLE_MS);
    expect(helpers.filter(({ state }) => state === 'running')).toHaveLength(1);
  });

  it('of one user wait for their turn, whatever number of that user they are for', async () => {
    const answers = [7, 100_001, 100_002].map((uid) => ask(uid, `/${uid}`));
    expect(helpers).toHaveLength(HELPERS_PER_USER_MAX);
    for (const each of helpers) each.ready();
    helper(1).answer(true);
    expect(helper(1).requests.map(({ params }) => params)).toEqual([{ path: '/100001' }, { path: '/100002' }]);
    helper(0).answer(true);
    helper(1).answer(true);
    expect(await Promise.all(answers)).toEqual([true, true, true]);
  });

  it('have a time limit for each step, which begins when the helper has started', async () => {
    const answer = ask(1, '/a');
    vi.advanceTimersByTime(HELPER_START_MS - 1);
    helper(0).ready();
    for (let step = 0; step < 3; step++) {
      vi.advanceTimersByTime(HELPER_TIMEOUT_MS - 1);
      helper(0).progress();
    }
    expect(helper(0).state).toBe('running');
    vi.advanceTimersByTime(HELPER_TIMEOUT_MS);
    expect(helper(0).state).toBe('killed');
    expect(await answer).toBe(
      'cannot use /a: its file system has not answered within 15 s; choose another directory, or mount that file system again',
    );
  });

  it('leave room for the next once their helper has ended', async () => {
    const answers = [ask(1, '/a'), ask(1, '/b'), ask(1, '/c')];
    for (const each of helpers) each.ready();
    vi.advanceTimersByTime(HELPER_TIMEOUT_MS);
    await Promise.all(answers.slice(0, 2));
    helper(0).events.onEnded('killed');
    helper(2).ready();
    helper(2).answer(true);
    expect(await answers[2]).toBe(true);
    expect(pool.stuck()).toEqual(new Map());
  });

  it('are refused at once while as many of their user hang as a user may have, and others are carried out', async () => {
    const answers = [ask(1, '/a'), ask(1, '/b'), ask(1, '/c')];
    for (const each of helpers) each.ready();
    vi.advanceTimersByTime(HELPER_TIMEOUT_MS + HELPER_END_MS);
    await Promise.all(answers.slice(0, 2));
    expect(pool.stuck()).toEqual(new Map([[1, 2]]));
    const refusal =
      'user 1 has 2 operations on file systems that do not answer, the most that a user may have: /a and /b;';
    expect(await answers[2]).toContain(`cannot use /c: ${refusal}`);
    expect(await ask(1, '/d')).toContain(`cannot use /d: ${refusal}`);
    const other = ask(2, '/e');
    helper(2).ready();
    helper(2).answer(true);
    expect(await other).toBe(true);
    helper(1).events.onEnded('killed');
    const again = ask(1, '/f');
    helper(2).answer(true);
    expect(await again).toBe(true);
  });

  it('fail with their helper', async () => {
    const answer = ask(1, '/a');
    helper(0).ready();
    helper(0).events.onEnded('it ended with exit code 1');
    expect(await answer).toBe('cannot use /a: the helper process is gone: it ended with exit code 1');
  });

  it('begin with another helper if theirs ended while it started, before the operations behind them', async () => {
    const answers = ['/a', '/b', '/c'].map((path) => ask(1, path));
    helper(0).events.onEnded('it was killed by SIGTERM');
    helper(2).ready();
    expect(helper(2).requests.map(({ params }) => params)).toEqual([{ path: '/a' }]);
    helper(2).answer(true);
    helper(2).answer(true);
    helper(1).ready();
    helper(1).answer(true);
    expect(await Promise.all(answers)).toEqual([true, true, true]);
    expect(helpers).toHaveLength(3);
  });

  it('fail where each helper ends while it starts, and at once when the daemon ends', async () => {
    const answer = ask(1, '/a');
    for (let lost = 0; lost <= HELPERS_LOST_MAX; lost++) helper(lost).events.onEnded('it was killed by SIGTERM');
    expect(await answer).toBe('cannot use /a: the helper process is gone: it was killed by SIGTERM');
    const last = ask(1, '/b');
    pool.close();
    helper(HELPERS_LOST_MAX + 1).events.onEnded('it was killed by SIGKILL');
    expect(await last).toContain('the helper process is gone');
    expect(helpers).toHaveLength(HELPERS_LOST_MAX + 2);
  });

  it('tell of a helper without work that is gone', async () => {
    const answer = ask(1, '/a');
    helper(0).ready();
    helper(0).answer(true);
    await answer;
    helper(0).events.onEnded('it was killed by SIGKILL');
    expect(warnings).toEqual(['helper 1 is gone: it was killed by SIGKILL']);
  });

  it('leave no line in the log where a helper without work ends with the daemon', async () => {
    const answer = ask(1, '/a');
    helper(0).ready();
    helper(0).answer(true);
    await answer;
    pool.close();
    helper(0).events.onEnded('it ended with exit code 0');
    expect(warnings).toEqual([]);
  });

  it('are given up when the daemon ends', () => {
    void ask(1, '/a');
    pool.close();
    expect(helper(0).state).toBe('killed');
  });
});
