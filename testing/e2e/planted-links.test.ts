/** A user puts links, and other things, where a daemon of root makes or takes over directories and files. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { program, REGISTER_URL } from './harness.ts';
import { othersCanRun, SharedDaemon, USERS } from './shared-daemon.ts';

const SLOW = { timeout: 240_000 };
/** A user without an entry in the list of users, who may not give commands. */
const ATTACKER = 42_421;
const [VICTIM_USER] = USERS;

/** Carries out calls of `node:fs` as the attacker. */
function attack(...calls: readonly (readonly [name: string, ...args: unknown[]])[]): void {
  const code = `for (const [name, ...args] of ${JSON.stringify(calls)}) require('node:fs')[name](...args)`;
  const { status, stderr } = spawnSync(
    'setpriv',
    [`--reuid=${ATTACKER}`, `--regid=${ATTACKER}`, '--clear-groups', process.execPath, '-e', code],
    { encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([0, '']);
}

/** Owner, mode and content of a directory that nothing may change. */
function stateOf(path: string): unknown {
  const { uid, gid, mode, ino } = lstatSync(path);
  return { uid, gid, mode, ino, content: existsSync(path) ? readdirSync(path, { recursive: true }) : null };
}

class Scene extends SharedDaemon {
  /** Root's, and closed to all others. */
  readonly victim = join(this.directory, 'victim');
  /** The attacker's. */
  readonly attic = join(this.directory, 'attic');
  readonly #victimBefore: unknown;

  constructor() {
    super();
    mkdirSync(join(this.victim, 'deep'), { recursive: true });
    chmodSync(this.victim, 0o750);
    mkdirSync(this.attic);
    chownSync(this.attic, ATTACKER, ATTACKER);
    this.#victimBefore = stateOf(this.victim);
  }

  /** A directory of root in which everybody may make files; with the sticky bit, only remove their own. */
  open(name: string, mode: 0o777 | 0o1777): string {
    const path = join(this.directory, name);
    mkdirSync(path);
    chmodSync(path, mode);
    return path;
  }

  expectUnharmed(): void {
    expect(stateOf(this.victim)).toEqual(this.#victimBefore);
  }

  /** Everything that a session makes for a program of another user, as far as it comes. */
  async recordAll(session: string): Promise<void> {
    await this.ringtail(0, 'enable-event', '-u', '-s', session, 'e2e:*');
    await this.ringtail(0, 'start', session);
    await this.run(VICTIM_USER, ['--import', REGISTER_URL, program('threads.mjs'), '1', '10']);
    await this.ringtail(0, 'destroy', session);
  }
}

describe.skipIf(!othersCanRun)('root does not follow what another user plants', SLOW, () => {
  it('in the directory for ring files, at any depth: the session is refused, and the reason names component and owner', async () => {
    const scene = new Scene();
    await scene.start();
    const depths = ['', 'ust', 'ust/uid', `ust/uid/${VICTIM_USER}`, `ust/uid/${VICTIM_USER}/64-bit`];
    for (const [idx, depth] of depths.entries()) {
      for (const parent of [scene.attic, scene.open(`open-${idx}`, 0o777), scene.open(`sticky-${idx}`, 0o1777)]) {
        const shm = join(parent, `shm-${idx}`);
        const link = join(shm, depth);
        attack(['mkdirSync', dirname(link), { recursive: true }], ['symlinkSync', scene.victim, link]);
        const created = await scene.ringtail(0, 'create', `s${idx}`, '--shm-path', shm);
        if (created.code === 0) await scene.recordAll(`s${idx}`);
        scene.expectUnharmed();
        expect(created.code).not.toBe(0);
        const blamed = parent === scene.attic || (parent.includes('sticky') && depth !== '') ? `user ${ATTACKER}` : '';
        expect(created.stderr).toContain(`cannot use ${shm} for ring files: ${blamed === '' ? parent : ''}`);
        expect(created.stderr).toContain(blamed);
        expect((await scene.ringtail(0, 'list')).stdout).not.toContain(`s${idx} [`);
      }
    }
  });

  it('in a directory for ring files in which everybody may make files', async () => {
    const scene = new Scene();
    await scene.start();
    const shm = scene.open('shm', 0o1777);
    attack(['symlinkSync', scene.victim, join(shm, 'ust')]);
    const refused = await scene.ringtail(0, 'create', 's', '--shm-path', shm);
    expect(refused.stderr).toContain(`${join(shm, 'ust')} is a symbolic link (of user ${ATTACKER})`);
    attack(['unlinkSync', join(shm, 'ust')]);
    expect(await scene.ringtail(0, 'create', 's', '--shm-path', shm)).toMatchObject({ code: 0, stderr: '' });
    // The place is taken: nobody can plant anything between the creation and the start.
    expect(statSync(join(shm, 'ust'))).toMatchObject({ uid: 0, gid: 0 });
    await scene.recordAll('s');
    const rings = join(shm, 'ust/uid', String(VICTIM_USER), '64-bit');
    expect(statSync(rings)).toMatchObject({ uid: 0, mode: 0o41730 });
    scene.expectUnharmed();
  });

  it('but root may use links of its own', async () => {
    const scene = new Scene();
    await scene.start();
    mkdirSync(join(scene.directory, 'data'));
    symlinkSync('data', join(scene.directory, 'link'));
    const shm = join(scene.directory, 'link', 'shm');
    expect(await scene.ringtail(0, 'create', 's', '--shm-path', shm)).toMatchObject({ code: 0, stderr: '' });
    await scene.recordAll('s');
    expect(existsSync(join(scene.directory, 'data/shm/ust/uid', String(VICTIM_USER), '64-bit/metadata'))).toBe(true);
  });
});
