import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../context/context.ts';
import { type FakeContext, fakeContext } from '../testing/fake-context.test.support.ts';
import { candidates, permissionHint } from './daemon.ts';

const ROOTS = '/run/ringtail';
const OWN = '/run/user/1000/ringtail';

function user(more: Partial<FakeContext> = {}): FakeContext {
  return {
    ...fakeContext({ uid: 1000, gids: [1000], env: { XDG_RUNTIME_DIR: '/run/user/1000' } }),
    settings: { ...DEFAULT_SETTINGS, group: '4242' },
    ...more,
  };
}

describe('the session daemon of', () => {
  it("root is root's", () => {
    expect(candidates(user({ uid: 0 }))).toEqual([ROOTS]);
  });

  it('a user is their own', () => {
    expect(candidates(user())).toEqual([OWN]);
  });

  it.each(['', 'relative'])('a user whose XDG_RUNTIME_DIR is "%s" is the one in the temporary directory', (path) => {
    expect(candidates(user({ env: { XDG_RUNTIME_DIR: path } }))).toEqual([join(tmpdir(), 'ringtail-1000')]);
  });

  it("a member of the tracing group is root's, else their own", () => {
    expect(candidates(user({ gids: [1000, 4242] }))).toEqual([ROOTS, OWN]);
    const noSuchGroup = { ...DEFAULT_SETTINGS, group: 'no-such-group' };
    expect(candidates(user({ gids: [1000, 4242], settings: noSuchGroup }))).toEqual([OWN]);
  });

  it('whoever names a run directory is the one there', () => {
    const env = { RINGTAIL_RUNDIR: 'mine' };
    expect(candidates(user({ uid: 0, gids: [4242], env, cwd: '/somewhere' }))).toEqual(['/somewhere/mine']);
  });
});

describe('a user whom a daemon does not serve', () => {
  const OWN_DAEMON = 'leave out --rundir and RINGTAIL_RUNDIR for a daemon of your own';

  it('can join its group, or have a daemon', () => {
    expect(permissionHint({ user: 'root', group: 'staff' })).toBe(`join the group staff, or ${OWN_DAEMON}`);
    expect(permissionHint({ user: 'root', group: undefined })).toBe(OWN_DAEMON);
    expect(permissionHint(undefined)).toBe(OWN_DAEMON);
  });
});
