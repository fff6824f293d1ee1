/** A user makes links and other files at places where a daemon of root makes or takes over directories and files. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeError } from '@ringtail/base';
import { SessionDaemonClient } from '@ringtail/ctl';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runSeed } from '../schemas/seeded-random.ts';
import { program, REGISTER_URL, RINGTAIL } from './harness.ts';
import { othersCanRun, SESSIOND, SharedDaemon, USERS } from './shared-daemon.ts';

const SLOW = { timeout: 600_000 };
/** A user without an entry in the user database and outside of the tracing group. */
const ATTACKER = 42_421;
const AS_ATTACKER = [`--reuid=${ATTACKER}`, `--regid=${ATTACKER}`, '--clear-groups'];
const [VICTIM_USER] = USERS;
/** Pairs of directories that the attacker exchanges. */
const RACES = 40;
const EXCHANGE = program('exchange.mjs');
/** A daemon that wrongly starts would run for ever. */
const START_TIMEOUT_MS = 60_000;

/** Carries out calls of `node:fs` as the attacker. */
function attack(...calls: readonly (readonly [name: string, ...args: unknown[]])[]): void {
  const code = `for (const [name, ...args] of ${JSON.stringify(calls)}) require('node:fs')[name](...args)`;
  const { status, stderr } = spawnSync('setpriv', [...AS_ATTACKER, process.execPath, '-e', code], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
}

/** Owner, mode and content of a directory that must not change. */
function stateOf(path: string): unknown {
  const { uid, gid, mode, ino } = lstatSync(path);
  return { uid, gid, mode, ino, content: existsSync(path) ? readdirSync(path, { recursive: true }) : null };
}

class Scene extends SharedDaemon {
  /** A directory of root, closed to all others. */
  readonly victim = join(this.directory, 'victim');
  /** A directory of the attacker. */
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

  /** A directory of root in which every user may make files; with the sticky bit, users can remove only their own. */
  open(name: string, mode: 0o777 | 0o1777): string {
    const path = join(this.directory, name);
    mkdirSync(path);
    chmodSync(path, mode);
    return path;
  }

  /** Starts another daemon of root, which has to end at once with a reason. */
  refusedDaemon(...args: readonly string[]): string {
    const ended = spawnSync(process.execPath, [SESSIOND, ...args], {
      env: { ...process.env, RINGTAIL_HOME: join(this.directory, 'home') },
      encoding: 'utf8',
      timeout: START_TIMEOUT_MS,
    });
    expect([ended.status, ended.stdout]).toEqual([1, '']);
    return ended.stderr;
  }

  /** Why root may not create a session with these directories; undefined if it may. */
  async refusal(session: Parameters<SessionDaemonClient['createSession']>[0]): Promise<string | undefined> {
    const client = await SessionDaemonClient.connect({ runDirectory: this.runDirectory });
    try {
      return await client.createSession(session).then(() => undefined, describeError);
    } finally {
      client.close();
    }
  }

  expectUnharmed(): void {
    expect(stateOf(this.victim)).toEqual(this.#victimBefore);
  }

  /** Makes all files of a session for a program of another user, as far as it succeeds. */
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
    const open = scene.open('open', 0o777);
    const sticky = scene.open('sticky', 0o1777);
    const places = [scene.attic, open, sticky].flatMap((parent) =>
      depths.map((depth, idx) => ({ parent, depth, shmPath: join(parent, `shm-${idx}`) })),
    );
    attack(
      ...places.flatMap(({ depth, shmPath }) => {
        const link = join(shmPath, depth);
        return [
          ['mkdirSync', dirname(link), { recursive: true }],
          ['symlinkSync', scene.victim, link],
        ] as const;
      }),
    );
    for (const [idx, { parent, depth, shmPath }] of places.entries()) {
      const refusal = await scene.refusal({ name: `s${idx}`, output: join(scene.directory, `s${idx}`), shmPath });
      if (refusal === undefined) await scene.recordAll(`s${idx}`);
      scene.expectUnharmed();
      const owner = `belongs to user ${ATTACKER}: every directory on the path must belong to root`;
      const why = new Map([
        [scene.attic, `${scene.attic} ${owner}`],
        [open, `${open} can be written to by everybody (mode 0777, owner 0, no sticky bit)`],
        [sticky, depth === '' ? `${shmPath} is a symbolic link of user ${ATTACKER}` : `${shmPath} ${owner}`],
      ]);
      expect(refusal).toContain(`cannot use ${shmPath} for ring files: ${why.get(parent)}`);
    }
    expect((await scene.ringtail(0, 'list')).stdout).not.toMatch(/s\d/);
  });

  it('in a directory for ring files in which everybody may make files', async () => {
    const scene = new Scene();
    await scene.start();
    const shm = scene.open('shm', 0o1777);
    attack(['symlinkSync', scene.victim, join(shm, 'ust')]);
    const refused = await scene.ringtail(0, 'create', 's', '--shm-path', shm);
    expect(refused.stderr).toContain(`${join(shm, 'ust')} is a symbolic link of user ${ATTACKER}`);
    attack(['unlinkSync', join(shm, 'ust')]);
    expect(await scene.ringtail(0, 'create', 's', '--shm-path', shm)).toMatchObject({ code: 0, stderr: '' });
    // The directory exists, so no user can make one between creation and start.
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

  it('as the way to a run directory, a pid file or a socket for metrics', () => {
    const scene = new Scene();
    const open = scene.open('open', 0o777);
    const run = join(scene.directory, 'run');
    for (const [parent, why] of [
      [scene.attic, `${scene.attic} belongs to user ${ATTACKER}`],
      [open, `${open} can be written to by everybody (mode 0777, owner 0, no sticky bit)`],
    ] as const) {
      expect(scene.refusedDaemon('--rundir', join(parent, 'run'))).toContain(`as run directory: ${why}`);
      const pidFile = join(parent, 'pid');
      expect(scene.refusedDaemon('--rundir', run, '--pidfile', pidFile)).toContain(
        `pid file cannot be written: ${why}`,
      );
      const metrics = `unix:${join(parent, 'metrics')}`;
      expect(scene.refusedDaemon('--rundir', run, '--metrics', metrics)).toContain(why);
      expect(readdirSync(parent)).toEqual([]);
    }
    attack(['symlinkSync', scene.victim, join(scene.open('sticky', 0o1777), 'run')]);
    expect(scene.refusedDaemon('--rundir', join(scene.directory, 'sticky', 'run'))).toContain(
      `is a symbolic link of user ${ATTACKER}`,
    );
    scene.expectUnharmed();
  });

  it('in the place of a pid file: links, FIFOs and files of others are replaced where everybody may make files', async () => {
    const scene = new Scene();
    const pidFile = join(scene.open('sticky', 0o1777), 'pid');
    const file = join(scene.victim, 'file');
    for (const plant of [
      () => attack(['symlinkSync', file, pidFile]),
      () => attack(['writeFileSync', pidFile, 'x']),
      () => expect(spawnSync('setpriv', [...AS_ATTACKER, 'mkfifo', pidFile]).status).toBe(0),
    ]) {
      rmSync(pidFile, { force: true });
      plant();
      await scene.start('--pidfile', pidFile);
      expect(readFileSync(pidFile, 'utf8')).toMatch(/^\d+\n$/);
      expect(lstatSync(pidFile)).toMatchObject({ uid: 0, mode: 0o100644 });
      await scene.stop();
      expect(existsSync(pidFile)).toBe(false);
    }
    scene.expectUnharmed();
  });

  it('in an output directory, or on the way to it: the session is refused, of root as of the user whose session it is', async () => {
    const scene = new Scene();
    await scene.start();
    const open = scene.open('open', 0o777);
    const sticky = scene.open('sticky', 0o1777);
    attack(
      ['mkdirSync', join(scene.attic, 'made')],
      ['mkdirSync', join(sticky, 'made')],
      ['symlinkSync', scene.victim, join(scene.attic, 'link')],
      ['symlinkSync', scene.victim, join(sticky, 'link')],
      ['mkdirSync', join(sticky, 'theirs')],
    );
    chmodSync(scene.attic, 0o777);
    const cases = [
      [join(scene.attic, 'made'), `${scene.attic} belongs to user ${ATTACKER}`],
      [join(scene.attic, 'link'), `${scene.attic} belongs to user ${ATTACKER}`],
      [join(scene.attic, 'new'), `${scene.attic} belongs to user ${ATTACKER}`],
      [join(open, 'new'), `${open} can be written to by everybody`],
      [join(sticky, 'link'), `${join(sticky, 'link')} is a symbolic link of user ${ATTACKER}`],
      [join(sticky, 'made'), `${join(sticky, 'made')} belongs to user ${ATTACKER}`],
    ] as const;
    for (const [output, why] of cases) {
      for (const snapshot of [false, true]) expect(await scene.refusal({ name: 's', output, snapshot })).toContain(why);
      const created = await scene.ringtail(VICTIM_USER, 'create', 's', '--output', output);
      expect(created.stderr).toContain(why);
      expect(created.code).not.toBe(0);
    }
    attack(['symlinkSync', scene.victim, join(sticky, 'ust')]);
    const shared = await scene.ringtail(0, 'create', 's', '--output', sticky);
    expect(shared.stderr).toContain(`${join(sticky, 'ust')} is a symbolic link of user ${ATTACKER}`);
    scene.expectUnharmed();
    // In a directory like /tmp every user may still have a trace.
    for (const uid of [0, VICTIM_USER]) {
      const output = join(sticky, `new-${uid}`);
      expect(await scene.ringtail(uid, 'create', 's', '--output', output)).toMatchObject({ code: 0, stderr: '' });
      expect(statSync(output)).toMatchObject({ uid, mode: 0o40700 });
      expect((await scene.ringtail(uid, 'destroy', 's')).code).toBe(0);
    }
  });

  it('where root converts a trace to: it writes nothing through them', () => {
    const scene = new Scene();
    const trace = join(scene.directory, 'trace');
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [RINGTAIL, ...args], {
        cwd: scene.directory,
        env: { ...process.env, RINGTAIL_HOME: join(scene.directory, 'home'), RINGTAIL_RUNDIR: '' },
        encoding: 'utf8',
        timeout: START_TIMEOUT_MS,
      });
    expect(run('record', '-o', trace, '--', process.execPath, program('emit.mjs'), '5').status).toBe(0);
    const [own, open] = [scene.attic, scene.open('open', 0o1777)];
    attack(
      ['mkdirSync', join(own, 'copy')],
      ['symlinkSync', join(scene.victim, 'deep'), join(own, 'link')],
      ['symlinkSync', join(scene.victim, 'new'), join(own, 'text')],
      ['symlinkSync', join(scene.victim, 'new'), join(open, 'text')],
      ['symlinkSync', join(scene.victim, 'deep'), join(open, 'link')],
    );
    for (const args of [
      ['ctf', join(own, 'copy')],
      ['ctf2', join(own, 'link')],
      ['ctf', join(open, 'link')],
      ['text', join(own, 'text')],
      ['json', join(open, 'text')],
    ] as const) {
      const { status, stderr } = run('convert', '-o', args[0], '-w', args[1], trace);
      expect([args, status, stderr]).toEqual([
        args,
        1,
        expect.stringMatching(new RegExp(`of user ${ATTACKER}|to user ${ATTACKER}`)),
      ]);
    }
    expect(run('convert', '-o', 'text', '-w', join(open, 'own'), trace).status).toBe(0);
    expect(run('convert', '-o', 'ctf', '-w', join(open, 'copy'), trace).status).toBe(0);
    scene.expectUnharmed();
  });

  it('but root may run a command in a directory of a user, and record there', () => {
    const scene = new Scene();
    const project = join(scene.directory, 'project');
    mkdirSync(project);
    // With the umask of many systems: the user's own group may write.
    chmodSync(project, 0o775);
    chownSync(project, VICTIM_USER, VICTIM_USER);
    const record = (cwd: string, ...options: readonly string[]) => {
      const env = { ...process.env, RINGTAIL_HOME: join(scene.directory, 'home'), RINGTAIL_RUNDIR: '' };
      const command = ['record', ...options, '--', process.execPath, program('emit.mjs'), '5'];
      const { status, stderr } = spawnSync(process.execPath, [RINGTAIL, ...command], { cwd, env, encoding: 'utf8' });
      return { status, stderr };
    };
    expect(record(project, '-o', 'trace')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^ringtail: 10 events/),
    });
    expect(statSync(join(project, 'trace')).uid).toBe(0);
    // The owner of another directory has no say in what root runs.
    const elsewhere = record(scene.directory, '-o', join(project, 'other'));
    expect(elsewhere).toMatchObject({ status: 1, stderr: expect.stringContaining('RINGTAIL_TRUSTED_USERS=UID:GID') });
    expect(record(project, '-o', join(scene.attic, 'trace'))).toMatchObject({ status: 1 });
  });

  it('but users have links and shared directories in their own homes', async () => {
    const scene = new Scene();
    await scene.start();
    const home = scene.homeOf(VICTIM_USER);
    const data = join(scene.directory, 'data');
    mkdirSync(data);
    chownSync(data, VICTIM_USER, 0);
    chmodSync(data, 0o755);
    const made = await scene.run(VICTIM_USER, [
      '-e',
      `const fs = require('node:fs');
       fs.symlinkSync(${JSON.stringify(data)}, 'traces');
       fs.mkdirSync('shared'); fs.chmodSync('shared', 0o775);`,
    ]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    // Like /home -> /usr/home.
    symlinkSync(home, join(scene.directory, 'home-link'));
    for (const [idx, output] of [
      join(home, 'traces', 'a'),
      join(home, 'traces'),
      join(scene.directory, 'home-link', 'b'),
      join(home, 'shared', 'c'),
      `${home}/traces/../d`,
    ].entries()) {
      const created = await scene.ringtail(VICTIM_USER, 'create', `s${idx}`, '--output', output);
      expect(created).toMatchObject({ code: 0, stderr: '' });
      for (const args of [
        ['enable-event', '-u', '-s', `s${idx}`, 'e2e:*'],
        ['start', `s${idx}`],
      ]) {
        expect(await scene.ringtail(VICTIM_USER, ...args)).toMatchObject({ code: 0, stderr: '' });
      }
    }
    const ended = await scene.run(VICTIM_USER, ['--import', REGISTER_URL, program('threads.mjs'), '1', '10']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect((await scene.ringtail(VICTIM_USER, 'destroy', '--all')).code).toBe(0);
    for (const trace of [join(data, 'a'), data, join(home, 'b'), join(home, 'shared/c'), join(home, 'd')]) {
      expect(existsSync(join(trace, 'ust/uid', String(VICTIM_USER), '64-bit/metadata'))).toBe(true);
    }
  });

  it('in place of what a session has made: archives, chunks and checkpoints, when it rotates, clears and is destroyed', async () => {
    const scene = new Scene();
    await scene.start();
    const output = scene.open('out', 0o1777);
    expect((await scene.ringtail(0, 'create', 's', '--output', output)).code).toBe(0);
    for (const args of [
      ['enable-event', '-u', '-s', 's', 'e2e:*'],
      ['start', 's'],
    ]) {
      expect(await scene.ringtail(0, ...args)).toMatchObject({ code: 0, stderr: '' });
    }
    const record = () => scene.run(VICTIM_USER, ['--import', REGISTER_URL, program('threads.mjs'), '1', '10']);
    await record();
    mkdirSync(join(scene.victim, 'deep', 'ust'));
    const planted = join(output, 'archives');
    const before = stateOf(scene.victim);
    attack(['symlinkSync', join(scene.victim, 'deep'), planted]);
    const rotated = await scene.ringtail(0, 'rotate', 's');
    expect(rotated.code).not.toBe(0);
    expect(rotated.stderr).toContain(`${planted} is a symbolic link of user ${ATTACKER}`);
    attack(['unlinkSync', planted], ['symlinkSync', scene.victim, join(output, '.tmp_new_chunk')]);
    const again = await scene.ringtail(0, 'rotate', 's');
    expect(again.stderr).toContain(`${join(output, '.tmp_new_chunk')} is a symbolic link of user ${ATTACKER}`);
    // Of the directories that root has made, the attacker can replace none.
    for (const name of ['ust', '.ringtail']) {
      const tried = spawnSync('setpriv', [...AS_ATTACKER, 'mv', join(output, name), `${output}/mine`]);
      expect([name, tried.status]).toEqual([name, 1]);
    }
    await record();
    expect(await scene.ringtail(0, 'clear', 's')).toMatchObject({ code: 0, stderr: '' });
    attack(['unlinkSync', join(output, '.tmp_new_chunk')]);
    await record();
    expect(await scene.ringtail(0, 'rotate', 's')).toMatchObject({ code: 0, stderr: '' });
    expect((await scene.ringtail(0, 'destroy', 's')).code).toBe(0);
    expect(stateOf(scene.victim)).toEqual(before);
  });

  it('in place of a directory for snapshots', async () => {
    const scene = new Scene();
    await scene.start();
    const sticky = scene.open('sticky', 0o1777);
    expect((await scene.ringtail(0, 'create', 's', '--snapshot')).code).toBe(0);
    for (const args of [
      ['enable-event', '-u', '-s', 's', 'e2e:*'],
      ['start', 's'],
    ]) {
      expect(await scene.ringtail(0, ...args)).toMatchObject({ code: 0, stderr: '' });
    }
    await scene.run(VICTIM_USER, ['--import', REGISTER_URL, program('threads.mjs'), '1', '10']);
    attack(
      ['symlinkSync', scene.victim, join(sticky, 'link')],
      ['symlinkSync', scene.victim, join(scene.attic, 'link')],
      ['mkdirSync', join(sticky, 'made')],
    );
    symlinkSync(scene.victim, join(scene.directory, 'of-root'));
    for (const [output, why] of [
      [join(sticky, 'link'), `is a symbolic link of user ${ATTACKER}`],
      [join(scene.attic, 'link'), `${scene.attic} belongs to user ${ATTACKER}`],
      [join(sticky, 'made'), `${join(sticky, 'made')} belongs to user ${ATTACKER}`],
      [join(scene.directory, 'of-root'), 'is a symbolic link of user 0'],
    ] as const) {
      const recorded = await scene.ringtail(0, 'snapshot', 'record', '-s', 's', output);
      expect(recorded.stderr).toContain(why);
      expect(recorded.code).not.toBe(0);
    }
    scene.expectUnharmed();
    expect(await scene.ringtail(0, 'snapshot', 'record', '-s', 's', join(sticky, 'new'))).toMatchObject({ code: 0 });
  });

  it('while directories and links are exchanged all the time: a session is created in directories of root, or refused', async () => {
    const scene = new Scene();
    await scene.start();
    const sticky = scene.open('sticky', 0o1777);
    const places = Array.from({ length: RACES }, (_, idx) => ({
      output: join(sticky, `out-${idx}`),
      shmPath: join(sticky, `shm-${idx}`),
    }));
    const names = places.flatMap(({ output, shmPath }) => [output, shmPath]);
    const seed = String(runSeed('planted links'));
    const attacker = spawn('setpriv', [...AS_ATTACKER, process.execPath, EXCHANGE, scene.victim, seed, ...names], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(attacker, 'close');
    onTestFinished(async () => {
      attacker.kill('SIGKILL');
      await closed;
    });
    await once(attacker.stdout, 'data');
    const client = await SessionDaemonClient.connect({ runDirectory: scene.runDirectory });
    onTestFinished(() => client.close());
    const outcomes = { created: 0, refused: 0 };
    for (const [idx, place] of places.entries()) {
      try {
        await client.createSession({ name: `s${idx}`, ...place });
        await client.enableEvent(`s${idx}`, { pattern: 'e2e:*' });
        await client.startSession(`s${idx}`);
        for (const path of [place.output, place.shmPath]) expect(lstatSync(path)).toMatchObject({ uid: 0 });
        outcomes.created += 1;
      } catch (error) {
        expect(describeError(error)).toMatch(new RegExp(`of user ${ATTACKER}|to user ${ATTACKER}|comes and goes`));
        outcomes.refused += 1;
      }
    }
    console.info(`seed ${seed}: ${JSON.stringify(outcomes)}`);
    await scene.run(VICTIM_USER, ['--import', REGISTER_URL, program('threads.mjs'), '1', '10']);
    for (const { name } of await client.listSessions()) await client.destroySession(name);
    scene.expectUnharmed();
  });

  it('in a user namespace, where the owners of / and /tmp have no number of their own', () => {
    const home = mkdtempSync(join(tmpdir(), 'rt-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    chownSync(home, ATTACKER, ATTACKER);
    const inside = (...words: readonly string[]) =>
      spawnSync('setpriv', [...AS_ATTACKER, 'unshare', '--user', '--map-root-user', ...words], {
        env: { ...process.env, HOME: home, RINGTAIL_HOME: home, TMPDIR: home, RINGTAIL_RUNDIR: undefined },
        cwd: home,
        encoding: 'utf8',
      });
    const owner = inside('stat', '-c', '%u', '/');
    if (owner.stdout !== '65534\n') {
      console.warn(`NOT TESTED: directories in a user namespace: ${owner.stderr || owner.stdout}`);
      return;
    }
    const args = ['record', '--output', join(home, 'trace'), '--shm-path', join(home, 'shm')];
    const recorded = inside(process.execPath, RINGTAIL, ...args, process.execPath, program('threads.mjs'), '1', '10');
    expect(recorded).toMatchObject({ status: 0, stderr: expect.stringMatching(/ringtail: 20 events/) });
  });
});
