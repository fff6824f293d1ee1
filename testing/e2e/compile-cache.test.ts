import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSandbox, RINGTAIL } from './harness.ts';

const hasCache = 'enableCompileCache' in module;
if (!hasCache) process.stderr.write('NOT TESTED: the directory of compiled code (needs Node.js 22.8 or later)\n');

/** An installation in a separate directory. */
function install(): { cache: string; run: () => void } {
  const { directory, env } = makeSandbox();
  const from = dirname(dirname(RINGTAIL));
  for (const name of ['bin', 'bundle', 'package.json']) {
    cpSync(join(from, name), join(directory, name), {
      recursive: true,
      filter: (path) => path !== join(from, 'bundle', 'cache'),
    });
  }
  const words = ['-c', 'umask 0; exec "$@"', 'sh', process.execPath, join(directory, 'bin', 'ringtail.mjs'), 'version'];
  const run = () => expect(spawnSync('sh', words, { env: { ...env }, encoding: 'utf8' }).stderr).toBe('');
  return { cache: join(directory, 'bundle', 'cache'), run };
}

describe.skipIf(!hasCache)('the directory of compiled code', () => {
  it('is private with every umask', () => {
    const { cache, run } = install();
    run();
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  it.each([0o777, 0o755])('is not used if others may enter it, as with mode %o', (mode) => {
    const { cache, run } = install();
    mkdirSync(cache);
    chmodSync(cache, mode);
    run();
    expect(readdirSync(cache)).toEqual([]);
  });
});
