import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRoot, makeSandbox, program, REGISTER_URL } from './harness.ts';

const RINGTAIL = fileURLToPath(new URL('../../packages/cli/bin/ringtail.mjs', import.meta.url));
const SESSIOND = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
const SLOW = { timeout: 120_000 };

/** A group that every system has, and two users of it whom none has. */
const GROUP = 'daemon';
const USERS = [54_321, 54_322] as const;

/** Whether other users can run what is to be tested: the tree may be in a directory of root's. */
const othersCanRun = isRoot && readableByOthers(RINGTAIL) && readableByOthers(process.execPath);
if (!othersCanRun) {
  process.stderr.write(
    'NOT TESTED: sessions of several users at one daemon (needs root, and a tree that others can read)\n',
  );
}

function readableByOthers(path: string): boolean {
  for (let at = path; at !== '/'; at = join(at, '..')) {
    if ((statSync(at).mode & (at === path ? 0o004 : 0o001)) === 0) return false;
  }
  accessSync(path, constants.R_OK);
  return true;
}

function groupId(name: string): number {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  return Number(line?.split(':')[2]);
}

/** A daemon of root that serves the group, and a home for each user. */
class SharedDaemon {
  readonly directory: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #gid = groupId(GROUP);

  constructor() {
    const sandbox = makeSandbox();
    this.directory = sandbox.directory;
    chmodSync(this.directory, 0o711);
    this.#env = { ...sandbox.env, RINGTAIL_RUNDIR: join(this.directory, 'run') };
    for (const uid of USERS) {
      mkdirSync(this.homeOf(uid));
      chownSync(this.homeOf(uid), uid, this.#gid);
      chmodSync(this.homeOf(uid), 0o700);
    }
  }

  homeOf(uid: number): string {
    return join(this.directory, `home-${uid}`);
  }

  async start(): Promise<void> {
    const args = [SESSIOND, '--rundir', join(this.directory, 'run'), '--group', GROUP, '--ready-fd', '3'];
    const child: ChildProcess = spawn(process.execPath, args, {
      env: this.#env,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const closed = once(child, 'close');
    onTestFinished(async () => {
      child.kill('SIGTERM');
      await closed;
    });
    await once(child.stdio[3] as NodeJS.ReadableStream, 'data');
  }

  /** Runs `node ARGS` as that user; 0 is root. */
  async run(uid: number, args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const home = uid === 0 ? join(this.directory, 'home') : this.homeOf(uid);
    const child = spawn(process.execPath, args, {
      env: { ...this.#env, HOME: home, RINGTAIL_HOME: home },
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid !== 0 && { uid, gid: this.#gid }),
    });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk;
      });
    }
    const [code] = (await once(child, 'close')) as [number];
    return { code, ...text };
  }

  ringtail(uid: number, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return this.run(uid, [RINGTAIL, '--no-sessiond', ...args]);
  }
}

describe.skipIf(!othersCanRun)('users of one session daemon of root', SLOW, () => {
  it('see and change their own sessions, and root sees all', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const [one, other] = USERS;
    expect((await daemon.ringtail(one, 'create', 'mine')).code).toBe(0);
    expect((await daemon.ringtail(one, 'list')).stdout).toContain('mine [inactive]');
    expect(await daemon.ringtail(0, 'list')).toMatchObject({
      stderr: '',
      stdout: expect.stringContaining('mine [inactive]'),
    });
    expect((await daemon.ringtail(other, 'list')).stdout).not.toContain('mine');
    for (const args of [
      ['destroy', 'mine'],
      ['start', 'mine'],
      ['create', 'mine'],
    ]) {
      expect((await daemon.ringtail(other, ...args)).code).not.toBe(0);
    }
    expect((await daemon.ringtail(0, 'destroy', 'mine')).code).toBe(0);
    expect((await daemon.ringtail(one, 'list')).stdout).not.toContain('mine');
  });

  it('get their session, though its name cannot be noted in their home', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const [one] = USERS;
    const home = daemon.homeOf(one);
    mkdirSync(join(home, 'out'));
    chownSync(join(home, 'out'), one, groupId(GROUP));
    chmodSync(home, 0o500);
    const output = join(home, 'out', 'trace');
    const created = await daemon.ringtail(one, 'create', 'mine', '-o', output);
    expect(created).toMatchObject({ code: 4, stdout: expect.stringContaining('Session mine created.') });
    expect(created.stderr).toContain(`cannot write ${join(home, '.ringtailrc')}: EACCES`);
    const enabled = await daemon.ringtail(one, 'enable-channel', '-u', '-s', 'mine', 'c');
    expect(enabled).toMatchObject({ code: 0, stderr: '' });
    const named = await daemon.ringtail(one, 'set-session', 'mine');
    expect(named.code).toBe(1);
    expect(named.stderr).toContain(`cannot write ${join(home, '.ringtailrc')}: EACCES`);
    chmodSync(home, 0o700);
    expect((await daemon.ringtail(one, 'set-session', 'mine')).code).toBe(0);
    expect((await daemon.ringtail(one, 'enable-channel', '-u', 'd')).code).toBe(0);
  });

  it('get traces that are theirs, where they may write', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const [one, other] = USERS;
    const trace = join(daemon.homeOf(one), 'trace');
    for (const args of [['create', 's', '-o', trace], ['enable-event', '-u', 'e2e:*'], ['start']]) {
      expect(await daemon.ringtail(one, ...args)).toMatchObject({ code: 0, stderr: '' });
    }
    const ended = await daemon.run(one, ['--import', REGISTER_URL, program('threads.mjs'), '1', '10']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect((await daemon.ringtail(one, 'destroy')).code).toBe(0);
    const files = readdirSync(trace, { recursive: true }).map((name) => join(trace, name as string));
    expect(new Set([trace, ...files].map((file) => statSync(file).uid))).toEqual(new Set([one]));
    const view = await daemon.run(one, [RINGTAIL, 'view', trace]);
    expect(view.stdout.trimEnd().split('\n')).toHaveLength(20);

    for (const output of [join(daemon.homeOf(one), 'of-other'), join(daemon.directory, 'of-root')]) {
      expect((await daemon.ringtail(other, 'create', 'x', '-o', output)).code).not.toBe(0);
      expect(existsSync(output)).toBe(false);
    }
    const shm = join(daemon.directory, 'shm');
    expect((await daemon.ringtail(other, 'create', 'x', '--shm-path', shm)).stderr).toContain('only root');
    expect(existsSync(shm)).toBe(false);
  });
});
