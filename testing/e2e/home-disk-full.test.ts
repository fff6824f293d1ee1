import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ringtail, type Sandbox, sandboxWithDaemon } from './harness.ts';

/** A sandbox whose home is a full disk; undefined if none can be mounted. */
function sandboxWithFullHome(): (Sandbox & { readonly filler: string }) | undefined {
  const sandbox = sandboxWithDaemon();
  const home = join(sandbox.directory, 'full');
  mkdirSync(home);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'none', home]).status === 0;
  if (!mounted) return undefined;
  // The daemon may still use it.
  onTestFinished(() => void spawnSync('umount', ['--lazy', home]));
  const filler = join(home, 'filler');
  expect(() => writeFileSync(filler, Buffer.alloc(1024 * 1024))).toThrowError(/ENOSPC/);
  return { ...sandbox, home, env: { ...sandbox.env, RINGTAIL_HOME: home }, filler };
}

describe('create with a full home disk', () => {
  it('makes the session, reports that it is not the current one, why, and the next step', async ({ skip }) => {
    const sandbox = sandboxWithFullHome();
    if (sandbox === undefined) return skip('no small file system could be mounted');
    const created = await ringtail(sandbox, ['create', 's', '-o', join(sandbox.directory, 'trace')]);
    expect(created).toMatchObject({ code: 4, stdout: expect.stringContaining('Session s created.') });
    expect(created.stderr).toContain(`cannot write ${join(sandbox.home, '.ringtailrc')}: ENOSPC`);
    expect(created.stderr).toContain('ringtail set-session s');
    expect(readdirSync(sandbox.home)).toEqual(['filler']);
    expect((await ringtail(sandbox, ['enable-channel', '-u', '-s', 's', 'c'])).code).toBe(0);
    rmSync(sandbox.filler);
    expect((await ringtail(sandbox, ['set-session', 's'])).code).toBe(0);
    expect((await ringtail(sandbox, ['enable-channel', '-u', 'd'])).code).toBe(0);
  });
});
