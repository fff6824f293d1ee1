import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunDirectoryWatch } from './run-directory-watch.ts';

let directory: string;
let socketPath: string;
let inUse: boolean;
let canRestore: boolean;
let next: (() => void) | undefined;
const said: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-watch-'));
  socketPath = join(directory, 'client.sock');
  writeFileSync(socketPath, '');
  [inUse, canRestore, next] = [true, true, undefined];
  said.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function watch(): RunDirectoryWatch {
  const say = (level: string) => (message: string) => void said.push(`${level}: ${message}`);
  return new RunDirectoryWatch({
    socketPath,
    isInUse: () => inUse,
    restore: async () => {
      if (!canRestore) throw new Error('no room');
      writeFileSync(socketPath, '');
    },
    stop: say('stop'),
    timers: {
      after: (_, run) => {
        next = run;
        return { cancel: () => (next = undefined) };
      },
    },
    log: { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') },
  });
}

async function tick(): Promise<void> {
  next?.();
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the watch of a run directory', () => {
  it('does nothing while the socket is there', async () => {
    watch();
    for (let turn = 0; turn < 3; turn++) await tick();
    expect(said).toEqual([]);
    expect(next).toBeDefined();
  });

  it('ends a daemon that records nothing', async () => {
    inUse = false;
    watch();
    rmSync(socketPath);
    await tick();
    expect(said).toEqual([expect.stringMatching(/^stop: .* is gone/)]);
  });

  it('makes the sockets of one that records again, each time', async () => {
    watch();
    for (let turn = 0; turn < 2; turn++) {
      rmSync(socketPath);
      await tick();
      await tick();
    }
    expect(said).toEqual(Array(2).fill(expect.stringMatching(/^warn: .* has been made again/)));
  });

  it('says once what to do where they cannot be made, and tries again', async () => {
    canRestore = false;
    watch();
    rmSync(socketPath);
    for (let turn = 0; turn < 3; turn++) await tick();
    expect(said).toEqual([expect.stringMatching(new RegExp(`^error: .*no room.*"kill ${process.pid}"`))]);
    canRestore = true;
    await tick();
    expect(said[1]).toMatch(/^warn: /);
  });

  it('is over once it is closed', async () => {
    watch().close();
    expect(next).toBeUndefined();
  });
});
