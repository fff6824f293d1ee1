import { describe, expect, it } from 'vitest';
import { isMapped, objectionTo, processTrust } from './directory-trust.ts';

const root = { uids: [0], gids: [] };
const user = { uids: [0, 1000], gids: [100] };

describe('objectionTo', () => {
  it.each([
    ['root', root, { uid: 0, gid: 0, mode: 0o755 }, undefined],
    ['root', root, { uid: 0, gid: 0, mode: 0o1777 }, undefined],
    ['root', root, { uid: 0, gid: 7, mode: 0o1730 }, undefined],
    ['root', root, { uid: 0, gid: 0, mode: 0o775 }, /by group 0 \(mode 0775, owner 0, no sticky bit\)/],
    ['root', root, { uid: 0, gid: 0, mode: 0o2777 }, /by everybody \(mode 2777, owner 0, no sticky bit\)/],
    ['root', root, { uid: 1000, gid: 0, mode: 0o700 }, /belongs to user 1000/],
    ['root', root, { uid: 1000, gid: 0, mode: 0o1777 }, /belongs to user 1000/],
    ['a user', user, { uid: 1000, gid: 100, mode: 0o700 }, undefined],
    ['a user', user, { uid: 1000, gid: 100, mode: 0o775 }, undefined],
    ['a user', user, { uid: 0, gid: 100, mode: 0o2775 }, undefined],
    ['a user', user, { uid: 1000, gid: 7, mode: 0o775 }, /by group 7/],
    ['a user', user, { uid: 1000, gid: 100, mode: 0o777 }, /by everybody/],
    ['a user', user, { uid: 1001, gid: 100, mode: 0o755 }, /belongs to user 1001/],
  ])('to what %s would use %#', (_, trust, stats, objection) => {
    if (objection === undefined) expect(objectionTo(stats, trust)).toBeUndefined();
    else expect(objectionTo(stats, trust)).toMatch(objection);
  });
});

describe.skipIf(process.getuid?.() !== 0)('users whom root trusts', () => {
  const trusted = (users: string) => processTrust({ RINGTAIL_TRUSTED_USERS: users });

  it('are named with or without a group', () => {
    const { uids = [], gids } = trusted('1000:100,1001') ?? {};
    expect(uids.slice(-2)).toEqual([1000, 1001]);
    expect(gids).toEqual([100]);
    expect(trusted('')).toEqual(processTrust({}));
  });

  it.each(['x', '1000,', '1000:', '-1', ' 1000', '99999999999'])('are not %j', (users) => {
    expect(() => trusted(users)).toThrow(/RINGTAIL_TRUSTED_USERS=.* is no list of users: give UID or UID:GID/);
  });
});

describe('isMapped', () => {
  it.each([
    [65_534, '         0          0 4294967295\n', true],
    [65_534, '         0       1000          1\n', false],
    [65_534, '         0       1000          1\n         1     100000      65536\n', true],
    [0, '', false],
  ])('user %i, map %j: %s', (uid, map, mapped) => expect(isMapped(uid, map)).toBe(mapped));
});
