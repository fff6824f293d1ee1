import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnDaemon } from '@ringtail/ctl';
import { type ChannelAttributes, DEFAULT_CHANNEL, type EventRule } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  consumersOf,
  eventsOf,
  IMPATIENT,
  indexesOf,
  isRunning,
  makeSandbox,
  program,
  type Sandbox,
  startNode,
  until,
} from './harness.ts';

interface Recording {
  readonly sandbox: Sandbox;
  readonly daemonPid: number;
  readonly trace: string;
  readonly client: Awaited<ReturnType<typeof spawnDaemon>>['client'];
  start(): Promise<void>;
}

const SESSION = 'chosen';

/** A session daemon with a session of these channels, each with its rules. */
async function sessionOf(
  ...channels: readonly [Partial<ChannelAttributes>, ...Partial<EventRule>[]][]
): Promise<Recording> {
  const base = makeSandbox();
  const runDirectory = join(base.directory, 'run');
  const sandbox = { ...base, env: { ...base.env, RINGTAIL_RUNDIR: runDirectory } };
  const mainPath = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
  const { pid, client } = await spawnDaemon({ runDirectory, mainPath, env: { ...sandbox.env } });
  onTestFinished(() => client.close());
  const trace = join(base.directory, 'trace');
  await client.createSession({ name: SESSION, output: trace, shmPath: null, clock: 'monotonic' });
  for (const [index, [attributes, ...rules]] of channels.entries()) {
    const channel = { ...DEFAULT_CHANNEL, name: `channel${index}`, ...attributes };
    await client.enableChannel(SESSION, channel);
    for (const rule of rules) await client.enableEvent(SESSION, { pattern: 'e2e:*', ...rule }, channel.name);
  }
  return { sandbox, daemonPid: pid, trace, client, start: () => client.startSession(SESSION) };
}

/** The indexes of the events of a trace. */
function indexesIn({ sandbox, trace }: Recording): number[] {
  return indexesOf(eventsOf(sandbox, trace));
}

describe('filters', () => {
  it('choose among the events of a program by the values of their arguments', async () => {
    const recording = await sessionOf([
      {},
      { filter: 'index == 7 || big == 0x8000000000000009' },
      { filter: 'name == "name-1*5" && items[1] < -100 && place.x & 2 == 2' },
      { pattern: 'e2e:sized', filter: 'secret == 3 && index < 5' },
      { pattern: 'e2e:sized', filter: '$ctx.procname == "nobody" || missing == 1' },
      { pattern: 'other:*' },
    ]);
    await recording.start();
    const app = await startNode(recording.sandbox, [program('filtered.mjs'), '1000']).ended;
    expect(app).toMatchObject({ code: 0, stderr: '' });
    const { eventsRecorded, eventsDiscarded } = await recording.client.stopSession(SESSION);
    await recording.client.destroySession(SESSION);
    const expected = [3, 7, 9];
    for (let index = 101; index < 1000; index++) if (/^1\d*5$/.test(String(index))) expected.push(index);
    expect(indexesIn(recording)).toEqual(expected);
    expect([eventsRecorded, eventsDiscarded]).toEqual([expected.length, 0]);
  });

  it('choose for each channel separately', async () => {
    const recording = await sessionOf([{}, { filter: 'index < 2' }], [{}, { filter: 'index == 1' }], [{}, {}]);
    await recording.start();
    await startNode(recording.sandbox, [program('filtered.mjs'), '4']).ended;
    await recording.client.destroySession(SESSION);
    expect(indexesIn(recording).sort()).toEqual([0, 0, 1, 1, 1, 2, 3]);
  });

  it('can be added to a program that never returns to its event loop', async () => {
    const recording = await sessionOf([{}, { filter: 'index == 1000' }]);
    const recorded = async () => (await recording.client.sessionStatistics(SESSION)).eventsRecorded;
    await recording.start();
    const app = startNode(recording.sandbox, [program('filtered.mjs'), 'forever']);
    await app.says(/emitting/);
    await until(async () => (await recording.client.listApplications()).length === 1);
    expect(await recorded()).toBe(0);
    await recording.client.enableEvent(SESSION, { pattern: 'e2e:*', filter: 'index == 5' }, 'channel0');
    await until(async () => (await recorded()) > 100);
    app.kill('SIGKILL');
    await app.ended;
    await recording.client.destroySession(SESSION);
    expect(new Set(indexesIn(recording))).toEqual(new Set([5]));
  });
});

describe('a channel with a blocking timeout', () => {
  const SMALL = { subBufBytes: 4096, subBufCount: 2, blockingTimeoutUs: null } as const;
  const ALLOWED = { RINGTAIL_ALLOW_BLOCKING: '1' };

  it('loses no event, however small its buffers are', async () => {
    const recording = await sessionOf([{ ...SMALL, preallocation: 'preallocate' }, {}]);
    await recording.start();
    const app = await startNode(recording.sandbox, [program('filtered.mjs'), '20000'], ALLOWED).ended;
    expect(app).toMatchObject({ code: 0, stderr: '' });
    const { eventsRecorded, eventsDiscarded } = await recording.client.destroySession(SESSION);
    expect([eventsRecorded, eventsDiscarded]).toEqual([20_000, 0]);
  });

  /** Starts the program, and stops the consumer daemon once the program records. */
  async function startWithoutConsumer({ sandbox, daemonPid }: Recording, env: Sandbox['env']) {
    const app = startNode(sandbox, [program('filtered.mjs'), '20000', 'wait'], env);
    await app.says(/emitting/);
    const [consumer] = consumersOf(daemonPid) as [number];
    process.kill(consumer, 'SIGSTOP');
    onTestFinished(() => {
      if (isRunning(consumer)) process.kill(consumer, 'SIGCONT');
    });
    app.process.stdin?.end('x');
    return { app, consumer };
  }

  it('does not block a program that was not started for it', async () => {
    const recording = await sessionOf([SMALL, {}]);
    await recording.start();
    const { app, consumer } = await startWithoutConsumer(recording, {});
    expect((await app.ended).stdout).toContain('"emitted":20000');
    process.kill(consumer, 'SIGCONT');
    const { eventsRecorded, eventsDiscarded } = await recording.client.destroySession(SESSION);
    expect(eventsRecorded + eventsDiscarded).toBe(20_000);
    expect(eventsDiscarded).toBeGreaterThan(0);
  });

  it('does not block a program for long if no rule names its events', async () => {
    const recording = await sessionOf([SMALL, {}]);
    await recording.start();
    const [consumer] = consumersOf(recording.daemonPid) as [number];
    process.kill(consumer, 'SIGSTOP');
    const env = { ...ALLOWED, ...IMPATIENT };
    const app = startNode(recording.sandbox, [program('bursts.mjs')], env);
    // On a busy machine, the default limit of the registration may pass; the program then registers later.
    await until(async () => (await recording.client.listApplications()).length === 1);
    app.process.stdin?.end('20000\n');
    expect((await app.ended).stdout).toContain('did 20000');
    process.kill(consumer, 'SIGCONT');
    const { eventsRecorded, eventsDiscarded } = await recording.client.destroySession(SESSION);
    expect([eventsRecorded, eventsDiscarded]).toEqual([0, 20_000]);
  });

  it('releases a program once the session daemon has gone', async () => {
    const recording = await sessionOf([SMALL, {}]);
    await recording.start();
    const { app, consumer } = await startWithoutConsumer(recording, ALLOWED);
    // The program waits for room in its full ring until the daemon ends.
    await until(() => wakesOf(app.pid) > 100);
    expect(app.stdout).not.toContain('emitted');
    process.kill(recording.daemonPid, 'SIGKILL');
    expect(await app.ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('"emitted":20000') });
    // It writes the rest and ends.
    process.kill(consumer, 'SIGCONT');
    await until(() => !isRunning(consumer));
  });
});

/** Number of voluntary context switches of a process. */
function wakesOf(pid: number): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}
