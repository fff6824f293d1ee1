/** Makers of files: root, a member of the tracing group at root's daemon, and a user with a separate daemon. */
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Ended, isRunning, makeSandbox, RINGTAIL, Running, until } from '../e2e/harness.ts';
import { GROUP, groupId, SESSIOND, USERS } from '../e2e/shared-daemon.ts';
import { type Made, madeBelow, memoryOf, type Places } from './made-files.ts';

export type Role = 'root' | 'member' | 'user';
export const ROLES: readonly Role[] = ['root', 'member', 'user'];

const UID_OF: Readonly<Record<Role, number>> = { root: 0, member: USERS[0], user: USERS[1] };

/** Named places in a role's directory. Without another choice, a run directory is in the temporary directory. */
const PLACES: Places = [
  [/^home/, 'HOME'],
  [/^out\/[^/]+/, 'OUTPUT'],
  [/^shm/, 'RINGS'],
  [/^crash/, 'OUTPUT'],
  [/^copy\/[^/]+\.csv/, 'FILE'],
  [/^copy\/[^/]+/, 'OUTPUT'],
  [/^tmp\/ringtail-[^/]+/, 'RUN'],
];
/** The common directory, which every user may enter. */
const COMMON_PLACES: Places = [
  [/^run/, 'RUN'],
  [/^shm/, 'RINGS'],
];
/** Files of root's daemon for the consumer daemon of another user. */
const CONSUMER_PLACES: Places = [
  [/^run\/consumers\/\d+/, 'RUN/consumers/UID'],
  [/^run\/consumers$/, 'RUN/consumers'],
];

/** Names of the table, each with all observed files. */
export type Sightings = Map<string, Made[]>;

/** The three roles in one directory, with one umask. */
export class Cast {
  readonly directory: string;
  readonly seen: Readonly<Record<Role, Sightings>> = { root: new Map(), member: new Map(), user: new Map() };
  readonly #umask: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #gid = groupId(GROUP);

  constructor(umask: number) {
    this.#umask = umask.toString(8);
    const { directory, env } = makeSandbox();
    this.directory = directory;
    onTestFinished(() => this.#endDaemonOfUser());
    this.#env = { ...env };
    chmodSync(directory, 0o711);
    for (const role of ROLES) {
      const own = this.directoryOf(role);
      // The tested programs make the rest.
      for (const path of [own, join(own, 'tmp')]) {
        mkdirSync(path);
        chmodSync(path, 0o700);
        if (role !== 'root') chownSync(path, UID_OF[role], this.#gid);
      }
    }
  }

  directoryOf(role: Role): string {
    return join(this.directory, role);
  }

  /** Directory for ring files of a role's session. Programs of every user make ring files of root's session. */
  ringsOf(role: Role): string {
    return join(role === 'root' ? this.directory : this.directoryOf(role), 'shm');
  }

  /** Starts root's daemon in the background. */
  async startDaemon(): Promise<void> {
    const run = join(this.directory, 'run');
    const options = ['--rundir', run, '--group', GROUP, '--pidfile', join(run, 'pid-file')];
    const metrics = ['--metrics', `unix:${join(run, 'metrics.sock')}`];
    await this.succeed('root', [SESSIOND, '-d', ...options, ...metrics]);
  }

  start(role: Role, args: readonly string[]): Running {
    const own = this.directoryOf(role);
    const home = join(own, 'home');
    const env = { ...this.#env, HOME: home, RINGTAIL_HOME: home, TMPDIR: join(own, 'tmp') };
    const atRoots = { RINGTAIL_RUNDIR: join(this.directory, 'run') };
    const identity =
      role === 'root' ? [] : ['setpriv', `--reuid=${UID_OF[role]}`, `--regid=${this.#gid}`, '--clear-groups'];
    const words = [...identity, process.execPath, ...args];
    return new Running(
      'sh',
      ['-c', `umask ${this.#umask}; exec "$@"`, 'sh', ...words],
      { ...env, ...(role !== 'user' && atRoots) },
      own,
    );
  }

  async succeed(role: Role, args: readonly string[]): Promise<Ended> {
    const ended = await this.start(role, args).ended;
    if (ended.code !== 0)
      throw new Error(`${role}: ${args.join(' ')}: ${ended.code}\n${ended.stdout}\n${ended.stderr}`);
    return ended;
  }

  ringtail(role: Role, ...words: string[]): Promise<Ended> {
    return this.succeed(role, [RINGTAIL, ...words]);
  }

  /** Notes all present files. */
  look(role: Role, pids: readonly number[] = []): void {
    const found = [madeBelow(this.directoryOf(role), PLACES), ...pids.map(memoryOf)];
    if (role === 'root') found.push(madeBelow(this.directory, COMMON_PLACES));
    if (role === 'member') found.push(madeBelow(this.directory, CONSUMER_PLACES));
    for (const [name, made] of found.flat()) {
      const known = this.seen[role].get(name) ?? [];
      known.push(made);
      this.seen[role].set(name, known);
    }
  }

  /** The session daemon for a role's commands. */
  daemonOf(role: Role): number {
    return Number.parseInt(readFileSync(this.#pidFileOf(role), 'utf8'), 10);
  }

  #pidFileOf(role: Role): string {
    const own = join(this.directoryOf(role), 'tmp', `ringtail-${UID_OF[role]}`);
    return join(role === 'user' ? own : join(this.directory, 'run'), 'sessiond.pid');
  }

  /** The harness ends the daemon in `run`. */
  async #endDaemonOfUser(): Promise<void> {
    if (!existsSync(this.#pidFileOf('user'))) return;
    const pid = this.daemonOf('user');
    process.kill(pid, 'SIGTERM');
    await until(() => !isRunning(pid));
  }

  /** The owner's name in the table. */
  ownerOf({ uid, gid }: Made): string {
    const users = new Map<number, string>([
      [0, 'root'],
      ...ROLES.map((role) => [UID_OF[role], role] as [number, string]),
    ]);
    const user = users.get(uid) ?? String(uid);
    return uid === 0 && gid === this.#gid ? 'root:group' : user;
  }
}

/** Closes a program's standard input, and waits until it has ended. */
export async function end(program: Running): Promise<void> {
  program.process.stdin?.end();
  if (program.process.exitCode === null) await once(program.process, 'close');
}
