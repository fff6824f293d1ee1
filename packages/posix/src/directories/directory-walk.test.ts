import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asUser } from './as-user.ts';
import { pathOf } from './descriptor-path.ts';
import type { Trust } from './directory-trust.ts';
import { checkDirectory, ensureDirectory, withDirectory } from './directory-walk.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED: only root can make what it takes: not tested: directories that others can change');
const [OWNER, STRANGER] = [42_421, 42_422];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), 'ringtail-walk-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const refusal = (sentence: RegExp) =>
  expect.objectContaining({ code: 'DIRECTORY_REFUSED', message: expect.stringMatching(sentence) });
const descriptorsOpen = () => readdirSync('/proc/self/fd').length;

describe('a walk', () => {
  it('makes absent directories with exactly the mode, and leaves the others', () => {
    mkdirSync(join(root, 'there'), { mode: 0o750 });
    const before = descriptorsOpen();
    const umask = process.umask(0o077);
    try {
      ensureDirectory(join(root, 'there/a/b'), { mode: 0o711 });
      ensureDirectory(join(root, 'there/a/b'), { mode: 0o700 });
    } finally {
      process.umask(umask);
    }
    const modes = ['there', 'there/a', 'there/a/b'].map((path) => statSync(join(root, path)).mode & 0o7777);
    expect(modes).toEqual([0o750, 0o711, 0o711]);
    ensureDirectory('/', { mode: 0o700 });
    expect(descriptorsOpen()).toBe(before);
  });

  it('takes . and .. and double slashes as names of directories, and follows links that a person made', () => {
    mkdirSync(join(root, 'data/traces'), { recursive: true });
    mkdirSync(join(root, 'home'));
    symlinkSync('../data/./traces', join(root, 'home/relative'));
    symlinkSync(join(root, 'home/relative'), join(root, 'absolute'));
    ensureDirectory(`${root}//absolute/../absolute/./a`, { mode: 0o700 });
    expect(readdirSync(join(root, 'data/traces'))).toEqual(['a']);
    withDirectory(join(root, 'absolute'), {}, (descriptor) => {
      expect(readdirSync(pathOf(descriptor))).toEqual(['a']);
      expect(lstatSync(pathOf(descriptor, 'a')).isDirectory()).toBe(true);
    });
  });

  it('makes no directory without a mode', () => {
    expect(checkDirectory(join(root, 'a/b'))).toBe(false);
    expect(checkDirectory(root)).toBe(true);
    expect(readdirSync(root)).toEqual([]);
  });

  it('fails with the path that a person knows', () => {
    writeFileSync(join(root, 'file'), '');
    for (const path of ['file', 'file/below']) {
      expect(() => ensureDirectory(join(root, path), { mode: 0o700 })).toThrow(
        expect.objectContaining({ code: 'ENOTDIR', message: expect.stringContaining(`'${join(root, 'file')}'`) }),
      );
    }
    symlinkSync('loop', join(root, 'loop'));
    expect(() => checkDirectory(join(root, 'loop'))).toThrow(expect.objectContaining({ code: 'ELOOP' }));
    expect(() => ensureDirectory('/proc/nowhere/below', { mode: 0o700 })).toThrow(
      expect.objectContaining({ code: 'ENOENT', message: expect.stringContaining("'/proc/nowhere'") }),
    );
    symlinkSync('absent', join(root, 'dangling'));
    ensureDirectory(join(root, 'dangling'), { mode: 0o700 });
    expect(readdirSync(root)).toContain('absent');
  });

  it.each(['a', 'a/b', 'a/b/c'])('refuses a link at %s below a directory in which all is its own', (part) => {
    mkdirSync(join(root, 'out'));
    symlinkSync('out', join(root, 'named'));
    const ownBelow = join(root, 'named');
    mkdirSync(join(ownBelow, part, '..'), { recursive: true });
    mkdirSync(join(root, 'victim'));
    symlinkSync(relative(join(root, 'out', part, '..'), join(root, 'victim')), join(ownBelow, part));
    expect(() => ensureDirectory(join(ownBelow, 'a/b/c/d'), { mode: 0o700, ownBelow })).toThrow(
      refusal(new RegExp(`/${part} is a symbolic link of user \\d+, and none is followed there`)),
    );
    expect(readdirSync(join(root, 'victim'))).toEqual([]);
    rmSync(join(ownBelow, part));
    ensureDirectory(join(ownBelow, 'a/b/c/d'), { mode: 0o700, ownBelow });
    expect(readdirSync(join(root, 'out/a/b/c'))).toEqual(['d']);
  });

  it('refuses a last component that is a link with `followLast: false`', () => {
    symlinkSync('.', join(root, 'link'));
    mkdirSync(join(root, 'sub'));
    expect(() => checkDirectory(join(root, 'link'), { followLast: false })).toThrow(refusal(/is a symbolic link/));
    expect(checkDirectory(join(root, 'link', 'sub'), { followLast: false })).toBe(true);
  });
});

/** What this user may trust in a process of root's. */
const trustOf = (uid: number, gid: number): Trust => ({ uids: [0, uid], gids: uid === 0 ? [] : [gid] });

describe.skipIf(!isRoot)('a walk of root', () => {
  const walk = (path: string, uid = 0) => {
    const action = () => ensureDirectory(path, { mode: 0o700, trust: trustOf(uid, uid) });
    return asUser({ uid, gid: uid }, action);
  };

  it.each(['', '/a', '/a/b'])('refuses a directory of another user at ROOT%s, and names both', (part) => {
    mkdirSync(join(root, 'a/b'), { recursive: true });
    chmodSync(root, 0o755);
    for (const path of ['', 'a', 'a/b']) chmodSync(join(root, path), 0o755);
    chownSync(`${root}${part}`, STRANGER, STRANGER);
    const sentence = new RegExp(
      `^${root}${part} belongs to user ${STRANGER}: every directory on the path must belong to root`,
    );
    expect(() => walk(join(root, 'a/b/c'))).toThrow(refusal(sentence));
    expect(() => walk(join(root, 'a/b/c'), OWNER)).toThrow(refusal(/root or user 42421 and be closed/));
    expect(readdirSync(join(root, 'a/b'))).toEqual([]);
  });

  it('refuses a directory that others can write to, unless it has the sticky bit', () => {
    for (const mode of [0o777, 0o775, 0o2770]) {
      chmodSync(root, mode);
      expect(() => walk(join(root, 'a'))).toThrow(refusal(/can be written to by (everybody|group 0) \(mode 0?\d{3}/));
    }
    for (const mode of [0o1777, 0o1770, 0o755]) {
      chmodSync(root, mode);
      walk(join(root, 'a'));
    }
  });

  it('follows links of root and of the acting user alone', () => {
    chmodSync(root, 0o1777);
    for (const [uid, name] of [
      [0, 'roots'],
      [OWNER, 'own'],
      [STRANGER, 'strangers'],
    ] as const) {
      mkdirSync(join(root, `data-${name}`));
      chownSync(join(root, `data-${name}`), OWNER, OWNER);
      asUser({ uid, gid: uid }, () => symlinkSync(`data-${name}`, join(root, name)));
    }
    walk(join(root, 'roots/a'), OWNER);
    walk(join(root, 'own/a'), OWNER);
    expect(statSync(join(root, 'data-own/a')).uid).toBe(OWNER);
    expect(() => walk(join(root, 'strangers/a'), OWNER)).toThrow(refusal(/strangers is a symbolic link of user 42422/));
    expect(() => walk(join(root, 'own/a'))).toThrow(refusal(/own is a symbolic link of user 42421/));
    expect(readdirSync(join(root, 'data-strangers'))).toEqual([]);
  });

  it('trusts the owners of unmapped files in a user namespace', () => {
    chownSync(root, 65_534, 65_534);
    ensureDirectory(join(root, 'a'), { mode: 0o700, trust: { uids: [0, 65_534], gids: [] } });
    expect(existsSync(join(root, 'a'))).toBe(true);
  });

  it('needs no permission but to enter the directories on the way', () => {
    mkdirSync(join(root, 'above/home'), { recursive: true });
    chmodSync(root, 0o711);
    chmodSync(join(root, 'above'), 0o711);
    chownSync(join(root, 'above/home'), OWNER, OWNER);
    walk(join(root, 'above/home/a'), OWNER);
    chmodSync(join(root, 'above'), 0o700);
    expect(() => walk(join(root, 'above/home/b'), OWNER)).toThrow(
      expect.objectContaining({ code: 'EACCES', message: expect.stringContaining(`'${join(root, 'above/home')}'`) }),
    );
  });

  it('changes nothing outside while a user puts links in the place of a new directory', async () => {
    const name = join(root, 'x');
    const victim = join(root, 'victim');
    mkdirSync(victim, { mode: 0o755 });
    chmodSync(root, 0o1777);
    const before = stateOf(victim);
    const attacker = spawn(process.execPath, ['-e', PLANT_AND_REMOVE, victim, name], {
      uid: STRANGER,
      gid: STRANGER,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(attacker.stdout, 'data');
      const outcomes = new Set<string>();
      for (let round = 0; round < 5000 && !(outcomes.size === 2 && round > 500); round++) {
        try {
          walk(join(name, 'y'));
          outcomes.add('made');
          expect(statSync(join(name, 'y')).uid).toBe(0);
          rmSync(name, { recursive: true });
        } catch (error) {
          expect(error).toEqual(refusal(/x (is a symbolic link of user 42422|comes and goes)/));
          outcomes.add('refused');
        }
      }
    } finally {
      attacker.kill('SIGKILL');
      await once(attacker, 'close');
    }
    expect(readdirSync(victim)).toEqual([]);
    expect(stateOf(victim)).toEqual(before);
  });
});

const stateOf = (path: string) => {
  const { uid, gid, mode, mtimeMs, ctimeMs } = statSync(path);
  return { uid, gid, mode, mtimeMs, ctimeMs };
};

/** Makes and removes a link to its first argument at its second for as long as it lives. */
const PLANT_AND_REMOVE = `
  const { symlinkSync, unlinkSync, writeSync } = require('node:fs');
  const [victim, name] = process.argv.slice(1);
  for (let round = 0; ; round++) {
    try { symlinkSync(victim, name); } catch {}
    try { unlinkSync(name); } catch {}
    if (round === 100) writeSync(1, 'ready');
  }
`;
