import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPosix } from '../load.ts';
import { REMOVING_PREFIX, removeRemains, removeTraces } from './remove-traces.ts';
import { isOutputOfSession, lockForReading } from './trace-locks.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), 'ringtail-remove-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Makes a trace, and returns its path. */
function trace(path: string): string {
  const directory = join(root, path);
  mkdirSync(join(directory, 'index'), { recursive: true });
  writeFileSync(join(directory, 'metadata'), '');
  writeFileSync(join(directory, 'channel0_0'), 'data');
  return directory;
}

const descriptorsOpen = () => readdirSync('/proc/self/fd').length;

describe('removeTraces', () => {
  it.each(['a/ust/uid/0/64-bit', 'a/kernel', 'a', 'a/archives/x/ust/pid/app-1', 'a/snapshot-1/ust/uid/7/64-bit'])(
    'removes a directory with the trace %s as soon as no reader holds it',
    (path) => {
      const before = descriptorsOpen();
      const release = lockForReading([trace(path)]);
      const second = lockForReading([join(root, path)]);
      trace('b');
      expect(removeTraces(join(root, 'a'), {})).toBe('being read');
      release();
      expect(removeTraces(join(root, 'a'), {})).toBe('being read');
      second();
      expect(existsSync(join(root, path, 'channel0_0'))).toBe(true);
      expect(removeTraces(join(root, 'a'), {})).toBe('removed');
      expect(removeTraces(join(root, 'a'), {})).toBe('absent');
      expect([readdirSync(root), descriptorsOpen()]).toEqual([['b'], before]);
    },
  );

  it('sees a reader that came over a link', () => {
    trace('a/ust/uid/0/64-bit');
    symlinkSync(join(root, 'a/ust/uid/0'), join(root, 'link'));
    const release = lockForReading([join(root, 'link/64-bit')]);
    expect(removeTraces(join(root, 'a'), {})).toBe('being read');
    release();
  });

  it('removes links and not their targets, and refuses a link in place of the directory', () => {
    trace('a');
    const other = trace('other');
    symlinkSync(other, join(root, 'a', 'link'));
    symlinkSync(other, join(root, 'b'));
    expect(() => removeTraces(join(root, 'b'), {})).toThrow(/\/b is not a directory/);
    expect(removeTraces(join(root, 'a'), {})).toBe('removed');
    expect(readFileSync(join(other, 'channel0_0'), 'utf8')).toBe('data');
  });

  it('completes a removal whose process was killed, for the same name and for all', () => {
    mkdirSync(join(root, `${REMOVING_PREFIX}a`, 'ust'), { recursive: true });
    trace('a');
    expect(removeTraces(join(root, 'a'), {})).toBe('removed');
    expect(readdirSync(root)).toEqual([]);
    trace(`${REMOVING_PREFIX}b`);
    trace('c');
    removeRemains(root, {});
    expect(readdirSync(root)).toEqual(['c']);
  });

  it('removes metadata before data', () => {
    const directory = trace('a/ust/uid/0/64-bit');
    const left: (readonly string[])[] = [];
    const hidden = dirname(directory).replace('/a/', `/${REMOVING_PREFIX}a/`);
    removeTraces(join(root, 'a'), {}, () => {
      if (existsSync(join(hidden, '64-bit'))) left.push(readdirSync(join(hidden, '64-bit')).sort());
    });
    expect(left[0]).toEqual(['channel0_0', 'index']);
  });
});

it('isOutputOfSession is true while a session has its lock, also beside a reader', () => {
  const loaded = loadPosix();
  if (!loaded.ok) throw new Error(loaded.reason);
  const release = lockForReading([trace('a/ust/uid/0/64-bit')]);
  expect(isOutputOfSession(join(root, 'a'))).toBe(false);
  const session = openSync(join(root, 'a'), 'r');
  expect(loaded.posix.tryLock(session)).toBe(true);
  expect(isOutputOfSession(join(root, 'a'))).toBe(true);
  closeSync(session);
  release();
  expect(isOutputOfSession(join(root, 'a'))).toBe(false);
});
