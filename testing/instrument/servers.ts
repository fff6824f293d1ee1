/** Servers of databases for tests. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { requirePeer } from '../peers.ts';

/** Programs of PostgreSQL. Undefined if it is not installed. */
export const postgresql = requirePeer('pg_ctl', 'events of clients of PostgreSQL');

/** The server of Redis. Undefined if it is not installed. */
export const redis = requirePeer('redis-server', 'events of clients of Redis');

/** The server of MariaDB. Undefined if it is not installed. */
export const mariadb = requirePeer('mariadbd', 'events of clients of MySQL');

/** The server of NATS. Undefined if it is not installed. */
export const natsServer = requirePeer('nats-server', 'events of clients of NATS');

/** A directory that the server may write, without privileges: PostgreSQL refuses root. */
function serverDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'rt-server-'));
  const isRoot = process.getuid?.() === 0;
  const account = isRoot ? accountOfPostgresql() : undefined;
  if (account !== undefined) execFileSync('chown', [`${account.uid}:${account.gid}`, directory]);
  chmodSync(directory, 0o700);
  return { directory, account };
}

function accountOfPostgresql(): { readonly uid: number; readonly gid: number } {
  const entry = execFileSync('getent', ['passwd', 'postgres'], { encoding: 'utf8' }).split(':');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until a server has printed a text. */
async function printed(child: ChildProcess, stream: Readable, text: string): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${child.spawnfile} has ended: ${output}`)));
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part;
      if (output.includes(text)) resolve();
    });
  });
}

/** A server on a port of 127.0.0.1. */
interface Server {
  readonly port: number;
  /** Ends the server and removes its files. */
  stop(): void;
}

/** Starts a PostgreSQL server. Its user is `tester`, its database `postgres`. */
export async function startPostgresql(): Promise<Server> {
  const { directory, account } = serverDirectory();
  const data = join(directory, 'data');
  const run = (args: readonly string[]) =>
    execFileSync(postgresql!, [...args, '-D', data, '-s'], { cwd: directory, stdio: 'ignore', ...account });
  run(['init', '-o', '-A trust -U tester -N -E UTF8 --locale=C']);
  const port = await freePort();
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  run(['start', '-w', '-t', '120', '-o', options, '-l', join(directory, 'log')]);
  const stop = () => {
    run(['stop', '-m', 'immediate']);
    rmSync(directory, { recursive: true, force: true });
  };
  return { port, stop };
}

/** Starts a Redis server, which keeps nothing. */
export async function startRedis(): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'rt-server-'));
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--daemonize', 'no', '--dir', directory];
  const child = spawn(redis!, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await printed(child, child.stdout, 'Ready to accept connections');
  const stop = () => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  return { port, stop };
}

/** Starts a MariaDB server on a Unix socket of its own, with an empty database `test`. */
export async function startMariadb(): Promise<{ readonly socket: string; stop(): void }> {
  const directory = mkdtempSync(join(tmpdir(), 'rt-server-'));
  const data = join(directory, 'data');
  const socket = join(directory, 'socket');
  const isRoot = process.getuid?.() === 0;
  const owner = isRoot ? ['--user=root'] : [];
  const place = ['--no-defaults', `--datadir=${data}`, ...owner];
  const install = join(dirname(mariadb!), '..', 'bin', 'mariadb-install-db');
  execFileSync(install, [...place, '--auth-root-authentication-method=normal'], { stdio: 'ignore' });
  const init = join(directory, 'init.sql');
  writeFileSync(init, 'CREATE DATABASE IF NOT EXISTS test;\n');
  const args = [
    `--socket=${socket}`,
    `--init-file=${init}`,
    `--pid-file=${join(directory, 'pid')}`,
    '--skip-networking',
  ];
  const child = spawn(mariadb!, [...place, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  await printed(child, child.stderr, 'ready for connections');
  const stop = () => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  return { socket, stop };
}

/** Starts a NATS server, which keeps nothing. */
export async function startNats(): Promise<Server> {
  const port = await freePort();
  const child = spawn(natsServer!, ['-a', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  await printed(child, child.stderr, 'Server is ready');
  return { port, stop: () => void child.kill('SIGKILL') };
}
