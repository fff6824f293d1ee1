import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SessionDaemonClient } from '@ringtail/ctl';
import { describe, expect, it } from 'vitest';
import { eventsOf, indexesOf, pause, type Sandbox, sandboxWithDaemon, succeed, until } from './harness.ts';
import { emittedBy, startSteps } from './steps.ts';

/** An active session `s` with a separate daemon; ended with the test. */
async function startedSession(): Promise<Sandbox & { readonly trace: string }> {
  const sandbox = sandboxWithDaemon();
  const trace = join(sandbox.directory, 'trace');
  await succeed(sandbox, 'create', 's', '-o', trace);
  await succeed(sandbox, 'enable-event', '-u', 'e2e:*');
  await succeed(sandbox, 'start');
  return { ...sandbox, trace };
}

async function rotate(sandbox: Sandbox): Promise<string> {
  const { archive } = JSON.parse(await succeed(sandbox, 'rotate', '--output-format=json')) as { archive: string };
  return archive;
}

function archivesOf(trace: string): string[] {
  const directory = join(trace, 'archives');
  const names = readdirSync(directory);
  return names.sort((a, b) => numberOf(a) - numberOf(b)).map((name) => join(directory, name));
}

function numberOf(archive: string): number {
  return Number(archive.slice(archive.lastIndexOf('-') + 1));
}

/** What `steps.mjs` emitted, each event in one of the archives, in order. */
function expectWhole(sandbox: Sandbox, archives: readonly string[], count: number): void {
  const indices = archives.flatMap((archive) => indexesOf(eventsOf(sandbox, archive)));
  expect(indices.length).toBe(count);
  expect(indices.findIndex((index, at) => index !== at)).toBe(-1);
}

describe('a rotation', () => {
  it('archives chunks that are separate traces, and together have every event once', async () => {
    const sandbox = await startedSession();
    const app = await startSteps(sandbox);
    const archives: string[] = [];
    for (let round = 0; round < 3; round++) {
      const before = app.stdout;
      archives.push(await rotate(sandbox));
      expect(app.stdout).toBe(before);
    }
    const count = await emittedBy(app);
    await succeed(sandbox, 'destroy');
    expect(archivesOf(sandbox.trace).slice(0, 3)).toEqual(archives);
    expect(archives.map((archive) => numberOf(basename(archive)))).toEqual([0, 1, 2]);
    expect(archivesOf(sandbox.trace)).toHaveLength(4);
    expect(existsSync(join(sandbox.trace, 'ust'))).toBe(false);
    expectWhole(sandbox, archivesOf(sandbox.trace), count);
  });

  it('loses no event and repeats none when the consumer daemon is killed around it', async () => {
    const sandbox = await startedSession();
    const client = await SessionDaemonClient.connect({ runDirectory: join(sandbox.directory, 'run') });
    try {
      const app = await startSteps(sandbox);
      // After one more early end, the daemon would treat the consumer daemon as one that cannot be started.
      for (let round = 0; round < 4; round++) {
        // The request is sent when the consumer daemon dies: before, during or after the rotation.
        const rotation = client.rotateSession('s');
        await pause(2 * round);
        const { consumerPid } = await client.request('daemon-status', {});
        if (consumerPid !== null) process.kill(consumerPid, 'SIGKILL');
        await rotation;
      }
      const count = await emittedBy(app);
      await client.destroySession('s');
      expect(archivesOf(sandbox.trace)).toHaveLength(5);
      expectWhole(sandbox, archivesOf(sandbox.trace), count);
    } finally {
      client.close();
    }
  });

  it('is done by size and by time, without a command', async () => {
    const sandbox = await startedSession();
    // An archive from before any registration has no trace.
    const app = await startSteps(sandbox);
    await succeed(sandbox, 'enable-rotation', '--size=300k', '--timer=700ms');
    await until(() => existsSync(join(sandbox.trace, 'archives')) && archivesOf(sandbox.trace).length >= 4);
    await succeed(sandbox, 'disable-rotation', '--size', '--timer');
    const count = await emittedBy(app);
    await succeed(sandbox, 'destroy');
    expectWhole(sandbox, archivesOf(sandbox.trace), count);
  });

  it('is not undone by a clear, which empties the current chunk only', async () => {
    const sandbox = await startedSession();
    const first = await startSteps(sandbox);
    const archived = await emittedBy(first);
    const archive = await rotate(sandbox);
    await emittedBy(await startSteps(sandbox));
    await succeed(sandbox, 'clear');
    const count = await emittedBy(await startSteps(sandbox));
    await succeed(sandbox, 'destroy');
    expectWhole(sandbox, [archive], archived);
    expectWhole(sandbox, archivesOf(sandbox.trace).slice(1), count);
  });
});
