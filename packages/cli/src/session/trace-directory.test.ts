import { existsSync, mkdirSync, rmdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { lastTrace, newTraceName, prepareTraceDirectory, removeIfEmpty, tracesDirectory } from './trace-directory.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn("SKIPPED: only root's commands read it: not tested: a malformed RINGTAIL_TRUSTED_USERS");

describe('trace directories', () => {
  it('two recordings of one second get names of their own', () => {
    const context = fakeContext();
    expect(newTraceName(context, 'app')).toBe('app-20260203-040506');
    mkdirSync(join(tracesDirectory(context), 'app-20260203-040506'), { recursive: true });
    expect(newTraceName(context, 'app')).toBe('app-20260203-040506-2');
  });

  it('one that was asked for is made, for its owner alone, and relative to where the command runs', () => {
    const context = fakeContext();
    const directory = prepareTraceDirectory(context, 'a/b');
    expect(directory).toBe(join(context.cwd, 'a', 'b'));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(prepareTraceDirectory(context, 'a/b')).toBe(directory);
  });

  it('one with something in it is refused, and so is a file', () => {
    const context = fakeContext();
    mkdirSync(join(context.cwd, 'full'));
    writeFileSync(join(context.cwd, 'full', 'file'), '');
    expect(() => prepareTraceDirectory(context, 'full')).toThrow(/not empty/);
    expect(() => prepareTraceDirectory(context, 'full/file')).toThrow(/cannot use/);
  });

  it.each(['ust', 'kernel'])('one is removed with its empty %s, and stays with anything in it', (domain) => {
    const directory = join(fakeContext().cwd, 'trace');
    mkdirSync(join(directory, domain, 'uid'), { recursive: true });
    removeIfEmpty(directory);
    expect(existsSync(join(directory, domain, 'uid'))).toBe(true);
    rmdirSync(join(directory, domain, 'uid'));
    removeIfEmpty(directory);
    expect(existsSync(directory)).toBe(false);
  });

  it.skipIf(!isRoot)('a malformed list of trusted users is named alone, without the directory', () => {
    const context = fakeContext();
    const misspelt = { ...context, env: { ...context.env, RINGTAIL_TRUSTED_USERS: 'abc' } };
    expect(() => prepareTraceDirectory(misspelt, 'a')).toThrow(/^RINGTAIL_TRUSTED_USERS="abc" is no list of users: /);
    expect(existsSync(join(context.cwd, 'a'))).toBe(false);
  });

  it('the last trace is the one made last, whatever its name', () => {
    const context = fakeContext();
    for (const [name, seconds] of [
      ['z-old', 1000],
      ['a-new', 2000],
    ] as const) {
      mkdirSync(join(tracesDirectory(context), name), { recursive: true });
      utimesSync(join(tracesDirectory(context), name), seconds, seconds);
    }
    expect(lastTrace(context)).toBe(join(tracesDirectory(context), 'a-new'));
  });

  it('without any trace the error says how to make one', () => {
    expect(() => lastTrace(fakeContext())).toThrow(expect.objectContaining({ code: 'NO_TRACE' }));
  });
});
