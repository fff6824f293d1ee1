import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { runDirectoryAt } from '@ringtail/posix';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processStartTime } from '../peers/process-identity.ts';
import { claimRunDirectory } from './run-directory-claim.ts';

const uid = process.getuid?.() as number;
let parent: string;
let path: string;
let server: Server | undefined;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'ringtail-claim-'));
  path = join(parent, 'run');
});
afterEach(async () => {
  const closing = server;
  server = undefined;
  if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  rmSync(parent, { recursive: true });
});

function claim(as = uid) {
  return claimRunDirectory(path, as, 0o700);
}

function refused(why: string): unknown {
  return { code: 'RUN_DIRECTORY_REFUSED', message: expect.stringContaining(why) as string };
}

describe('claimRunDirectory', () => {
  it('makes the directory and leaves only the log behind', async () => {
    const { directory, release } = await claim();
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(Number.parseInt(readFileSync(directory.pidFile, 'utf8'), 10)).toBe(process.pid);
    for (const socket of [directory.appSocket, directory.wakeFifo]) writeFileSync(socket, '');
    writeFileSync(directory.logFile, 'kept');
    release();
    const left = [directory.appSocket, directory.wakeFifo, directory.pidFile, directory.logFile].filter(existsSync);
    expect(left).toEqual([directory.logFile]);
  });

  it.each([0o770, 0o707, 0o722])('refuses a directory of mode %o, which others can write to', async (mode) => {
    mkdirSync(path);
    chmodSync(path, mode);
    await expect(claim()).rejects.toMatchObject({
      code: 'RUN_DIRECTORY_REFUSED',
      // The walk to it says so for root.
      message: expect.stringMatching(/others can write to it|can be written to by/),
    });
  });

  it('refuses a symbolic link, a file, a missing parent and a directory of somebody else', async () => {
    symlinkSync(tmpdir(), path);
    await expect(claim()).rejects.toMatchObject(refused('run is a symbolic link') as object);
    rmSync(path);
    writeFileSync(path, '');
    await expect(claim()).rejects.toMatchObject(refused('not a directory') as object);
    rmSync(path);
    mkdirSync(path, { mode: 0o700 });
    await expect(claim(uid + 1)).rejects.toMatchObject(
      refused(`it belongs to the user with the identifier ${uid}`) as object,
    );
    path = join(parent, 'a', 'b');
    await expect(claim()).rejects.toMatchObject(refused(`there is no directory ${join(parent, 'a')}`) as object);
  });

  it('refuses a path that its sockets would be too long for', async () => {
    path = join(parent, 'x'.repeat(100));
    await expect(claim()).rejects.toMatchObject(refused('longer than the 107 bytes') as object);
  });

  it('says that a daemon runs there already, with its process', async () => {
    const { release } = await claim();
    await expect(claim()).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    release();
  });

  it('lets one of several daemons in that start at the same time', async () => {
    const results = await Promise.allSettled([claim(), claim(), claim()]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('takes over what a killed daemon left, though its number is used again', async () => {
    mkdirSync(path, { mode: 0o700 });
    const { pidFile, clientSocket, appSocket } = runDirectoryAt(path);
    writeFileSync(pidFile, `${process.pid}\n1\n`);
    writeFileSync(clientSocket, '');
    writeFileSync(appSocket, '');
    const { release } = await claim();
    expect([existsSync(clientSocket), existsSync(appSocket)]).toEqual([false, false]);
    expect(Number.parseInt(readFileSync(pidFile, 'utf8'), 10)).toBe(process.pid);
    release();
  });

  it('takes over from a killed daemon that nobody has waited for', async () => {
    // The shell starts a child and becomes a program that never waits for children.
    const parentProcess = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const pid = Number(String((await once(parentProcess.stdout, 'data'))[0]));
      // Until then the shell itself may wait for the child, and leave no zombie.
      while (readFileSync(`/proc/${parentProcess.pid}/comm`, 'utf8') !== 'sleep\n') await setTimeout(5);
      const startTime = processStartTime(pid);
      expect(startTime).toMatch(/^\d+$/);
      mkdirSync(path, { mode: 0o700 });
      writeFileSync(runDirectoryAt(path).pidFile, `${pid}\n${startTime}\n`);
      await expect(claim()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
      process.kill(pid, 'SIGKILL');
      while (processStartTime(pid) !== undefined) await setTimeout(5);
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      (await claim()).release();
    } finally {
      parentProcess.kill('SIGKILL');
    }
  });

  it('respects a daemon of another container, whose socket answers', async () => {
    mkdirSync(path, { mode: 0o700 });
    const { pidFile, clientSocket } = runDirectoryAt(path);
    writeFileSync(pidFile, '999999999\n1\n');
    server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server?.listen(clientSocket, resolve));
    await expect(claim()).rejects.toMatchObject({ code: 'ALREADY_RUNNING' });
  });

  it('releases nothing that belongs to a successor', async () => {
    const { directory, release } = await claim();
    writeFileSync(directory.pidFile, 'somebody else');
    writeFileSync(directory.appSocket, '');
    release();
    expect(existsSync(directory.appSocket)).toBe(true);
  });
});
