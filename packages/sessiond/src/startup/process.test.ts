import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runDirectoryAt } from '@ringtail/posix';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAKE_CONSUMER, TestClient } from '../testing/test-daemon.test.support.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED: only root can make what it takes: not tested: the tracing group');

let home: string;
let directory: ReturnType<typeof runDirectoryAt>;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ringtail-sdp-'));
  directory = runDirectoryAt(join(home, 'run'));
});
afterEach(async () => {
  await endDaemon();
  rmSync(home, { recursive: true, force: true });
});

const env = (more: NodeJS.ProcessEnv = {}) => ({ ...process.env, RINGTAIL_HOME: home, ...more });
const args = (...more: string[]) => [MAIN, '--rundir', directory.path, '--consumer', FAKE_CONSUMER, ...more];

function run(...more: string[]) {
  return spawnSync(process.execPath, args(...more), { env: env(), encoding: 'utf8', timeout: 30_000 });
}

async function endDaemon(): Promise<void> {
  if (!existsSync(directory.pidFile)) return;
  process.kill(Number.parseInt(readFileSync(directory.pidFile, 'utf8'), 10), 'SIGTERM');
  while (existsSync(directory.pidFile)) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('the daemon in the background', () => {
  it.each(['-b', '-d'])('%s returns once clients can connect', async (option) => {
    const pidFile = join(home, 'pid');
    // With a console of its own: one that is kept is open for as long as the daemon runs.
    const { status } = spawnSync(process.execPath, args(option, '-p', pidFile), { env: env(), stdio: 'ignore' });
    expect(status).toBe(0);
    const client = await TestClient.connect(directory.clientSocket);
    expect(await client.ask('list-sessions', {})).toEqual([]);
    client.close();
    expect(readFileSync(pidFile, 'utf8')).toBe(`${Number.parseInt(readFileSync(directory.pidFile, 'utf8'), 10)}\n`);
    await endDaemon();
    expect(existsSync(pidFile)).toBe(false);
  });

  it('says why it cannot start, with the exit code of that', async () => {
    expect(run('-d').status).toBe(0);
    const second = run('-d');
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('runs in');
  });

  it('is asked for by a configuration file as well', () => {
    const file = join(home, 'conf');
    writeFileSync(file, '[sessiond]\ndaemonize=yes\n');
    expect(run('-f', file)).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(directory.pidFile)).toBe(true);
  });

  it('keeps no file open that whoever started it has open, and so no lock', async () => {
    const file = join(home, 'lock');
    const script = 'exec 9<>"$1" 200<>"$1"; shift; "$@"';
    const command = ['-c', script, 'bash', file, process.execPath, ...args('-d')];
    expect(spawnSync('bash', command, { env: env(), stdio: 'ignore' }).status).toBe(0);
    const pid = Number.parseInt(readFileSync(directory.pidFile, 'utf8'), 10);
    const open = readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
    expect(open).not.toContain(file);
    expect(open).toContain(directory.logFile);
  });

  it('leaves the file of NODE_EXTRA_CA_CERTS open, which a thread of Node.js may be reading', async () => {
    const certificates = join(home, 'certificates');
    writeFileSync(certificates, '');
    const script = 'exec 9<>"$1" 200<"$2"; shift 2; "$@"';
    const command = ['-c', script, 'bash', join(home, 'lock'), certificates, process.execPath, ...args('-d')];
    const { status } = spawnSync('bash', command, {
      env: env({ NODE_EXTRA_CA_CERTS: certificates }),
      stdio: 'ignore',
    });
    expect(status).toBe(0);
    const pid = Number.parseInt(readFileSync(directory.pidFile, 'utf8'), 10);
    const open = readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
    expect(open).toContain(certificates);
    expect(open).not.toContain(join(home, 'lock'));
  });

  it('signals the parent when it is ready', async () => {
    // Ends by itself where no signal comes: nobody may be left to end it.
    const script = `trap 'echo ready; exit 0' USR1; "$@" & for tenth in $(seq 600); do sleep 0.1; done; exit 1`;
    const shell = spawn('sh', ['-c', script, 'sh', process.execPath, ...args('-d', '-S')], { env: env() });
    const [code] = (await once(shell, 'exit')) as [number];
    expect(code).toBe(0);
    expect(existsSync(directory.pidFile)).toBe(true);
  });
});

describe('the daemon in the foreground', () => {
  it('tells who it is and what it takes', () => {
    expect(run('-V')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ringtail-sessiond \d/) as string });
    expect(run('-h').stdout).toContain('--pidfile');
    expect(run('--kmod-probes', 'x')).toMatchObject({ status: 1 });
  });

  it('does not open a port for a debugger, nor end, at a signal of a user', async () => {
    const daemon = spawn(process.execPath, args('--ready-fd', '3'), {
      env: env(),
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let said = '';
    daemon.stderr?.on('data', (text) => {
      said += String(text);
    });
    await once(daemon.stdio[3] as NodeJS.ReadableStream, 'data');
    daemon.kill('SIGUSR1');
    daemon.kill('SIGUSR2');
    const client = await TestClient.connect(directory.clientSocket);
    await client.ask('list-sessions', {});
    client.close();
    daemon.kill('SIGTERM');
    expect(await once(daemon, 'close')).toEqual([0, null]);
    expect(said).toBe('');
  });

  it('replaces a pid file as a whole, and not what a link points to', async () => {
    const victim = join(home, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(home, 'pid'));
    expect(run('-d', '-p', join(home, 'pid')).status).toBe(0);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    const unwritable = join(home, 'absent', 'pid');
    await endDaemon();
    expect(run('-d', '-p', unwritable)).toMatchObject({ status: 1 });
    expect(existsSync(directory.pidFile)).toBe(false);
  });

  it.skipIf(!isRoot)('of root serves the members of a group, and nobody else', () => {
    chmodSync(home, 0o711);
    expect(run('-d', '-g', 'root').status).toBe(0);
    expect(statSync(directory.clientSocket)).toMatchObject({ uid: 0, gid: 0 });
    expect(statSync(directory.clientSocket).mode & 0o777).toBe(0o660);
    const source = `require('net').connect(${JSON.stringify(directory.clientSocket)})
      .on('error', ({ code }) => console.log(code))
      .on('connect', () => { console.log('connected'); process.exit(); });`;
    const as = (uid: number, gid: number) =>
      spawnSync(process.execPath, ['-e', source], { encoding: 'utf8', cwd: '/', uid, gid }).stdout.trim();
    expect(as(65_534, 0)).toBe('connected');
    expect(as(65_534, 65_534)).toBe('EACCES');
  });
});
