import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type RingMemory, SessionDaemonClient } from '@ringtail/ctl';
import { describe, expect, it } from 'vitest';
import {
  childrenOf,
  eventsAndWarningsOf,
  eventsOf,
  indexesOf,
  isRunning,
  pause,
  resultOf,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  succeed,
  until,
} from './harness.ts';
import { emittedBy, startSteps } from './steps.ts';

/** Few enough that the ring holds all events of a test on a busy machine. */
const FEW = 1;

/** An active flight recorder `s` with a separate daemon; ended with the test. */
async function flightRecorder(...channel: string[]): Promise<Sandbox & { readonly output: string }> {
  const sandbox = sandboxWithDaemon();
  const output = join(sandbox.directory, 'output');
  await succeed(sandbox, 'create', 's', '--snapshot', '-o', output);
  await succeed(sandbox, 'enable-channel', '-u', ...channel, 'recorder');
  await succeed(sandbox, 'enable-event', '-u', '-c', 'recorder', 'e2e:*');
  await succeed(sandbox, 'start');
  return { ...sandbox, output };
}

/** Records a snapshot that lacks none between its events. @returns its directory and its event numbers */
async function record(sandbox: Sandbox, ...args: string[]): Promise<{ path: string; indices: number[] }> {
  const path = await recordInto(sandbox, ...args);
  return { path, indices: indexesOf(eventsOf(sandbox, path)) };
}

/** Records a snapshot. @returns its directory */
async function recordInto(sandbox: Sandbox, ...args: string[]): Promise<string> {
  // It reports overwritten events on standard error, as expected of a flight recorder.
  const { code, stdout } = await ringtail(sandbox, ['snapshot', 'record', ...args, '--output-format=json']);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { path: string }).path;
}

function expectRun(indices: readonly number[]): void {
  expect(indices.length).toBeGreaterThan(0);
  const first = indices[0] as number;
  expect(indices.findIndex((index, at) => index !== first + at)).toBe(-1);
}

describe('a flight recorder', () => {
  it('writes only snapshots, each with all events before it', async () => {
    const sandbox = await flightRecorder();
    const app = await startSteps(sandbox, FEW);
    const first = await record(sandbox);
    const second = await record(sandbox, '--name=named');
    const count = await emittedBy(app);
    const last = await record(sandbox);
    for (const { indices } of [first, second, last]) expectRun(indices);
    expect([first, second, last].map(({ indices }) => indices[0])).toEqual([0, 0, 0]);
    expect(second.indices.length).toBeGreaterThanOrEqual(first.indices.length);
    // Its thread has ended; its events are still in memory.
    expect(last.indices.length).toBe(count);
    const { memory } = await resultOf<{ memory: readonly RingMemory[] }>(sandbox, 'list', 's');
    expect(memory).toMatchObject([{ channel: 'recorder', pid: app.pid, tid: app.pid, uid: process.getuid?.() }]);
    expect(memory[0]?.usedBytes).toBeGreaterThan(count);
    expect(memory[0]?.usedBytes).toBeLessThan(memory[0]?.ringBytes as number);
    await succeed(sandbox, 'destroy');
    const names = readdirSync(sandbox.output).sort();
    expect(names).toHaveLength(3);
    expect(names[0]).toMatch(/^named-\d{8}-\d{6}-1$/);
    expect(names[1]).toMatch(/^snapshot-1-\d{8}-\d{6}-0$/);
  });

  it('has the newest events if there is no room for all', async () => {
    const sandbox = await flightRecorder('--subbuf-size=16k', '--num-subbuf=4');
    const app = await startSteps(sandbox);
    await until(async () => {
      await pause(50);
      // A program that is faster than the consumer overwrites a packet while the snapshot is copied.
      const { events } = eventsAndWarningsOf(sandbox, await recordInto(sandbox));
      return (indexesOf(events).at(-1) as number) > 2000;
    });
    const count = await emittedBy(app);
    const { indices } = await record(sandbox);
    expectRun(indices);
    expect(indices.at(-1)).toBe(count - 1);
    expect(indices.length).toBeLessThan(count);
    const small = await record(sandbox, '--max-size=16k');
    expect(small.indices.at(-1)).toBe(count - 1);
    expect(small.indices.length).toBeLessThan(indices.length);
  });

  it('leaves its events in a last snapshot when the session daemon is killed', async () => {
    const sandbox = await flightRecorder();
    const app = await startSteps(sandbox, FEW);
    const { indices } = await record(sandbox, join(sandbox.directory, 'elsewhere'));
    const consumer = await processOf(sandbox, 'consumerPid');
    process.kill(await processOf(sandbox, 'pid'), 'SIGKILL');
    const recovered = () => readdirSync(sandbox.output).filter((name) => name.startsWith('s-recovered-'));
    await until(() => recovered().length > 0 && !isRunning(consumer));
    const held = indexesOf(eventsOf(sandbox, join(sandbox.output, recovered()[0] as string)));
    expectRun(held);
    expect(held[0]).toBe(0);
    expect(held.length).toBeGreaterThanOrEqual(indices.length);
    expect(await emittedBy(app)).toBeGreaterThanOrEqual(held.length);
  });

  it.each([
    ['SIGTERM to the session daemon alone', false],
    ['SIGTERM to all processes of a service at once', true],
  ])('leaves its events in a last snapshot at %s', async (_, everyProcess) => {
    const sandbox = await flightRecorder();
    const app = await startSteps(sandbox, FEW);
    const { indices } = await record(sandbox, join(sandbox.directory, 'elsewhere'));
    const daemon = await processOf(sandbox, 'pid');
    const members = everyProcess ? [daemon, ...childrenOf(daemon), app.pid] : [daemon];
    for (const pid of members) process.kill(pid, 'SIGTERM');
    await until(() => !isRunning(daemon));
    const snapshots = readdirSync(sandbox.output);
    expect(snapshots).toEqual([expect.stringMatching(/^snapshot-1-\d{8}-\d{6}-\d+$/)]);
    const held = indexesOf(eventsOf(sandbox, join(sandbox.output, snapshots[0] as string)));
    expectRun(held);
    expect(held[0]).toBe(0);
    expect(held.length).toBeGreaterThanOrEqual(indices.length);
  });

  it('goes on with another consumer daemon after a kill, with the events before', async () => {
    const sandbox = await flightRecorder();
    const app = await startSteps(sandbox, FEW);
    await record(sandbox);
    const consumer = await processOf(sandbox, 'consumerPid');
    process.kill(consumer, 'SIGKILL');
    const { indices } = await record(sandbox);
    expectRun(indices);
    expect(indices[0]).toBe(0);
    const count = await emittedBy(app);
    expect((await record(sandbox)).indices.length).toBe(count);
    expect(await processOf(sandbox, 'consumerPid')).not.toBe(consumer);
  });
});

async function processOf(sandbox: Sandbox, which: 'pid' | 'consumerPid'): Promise<number> {
  const client = await SessionDaemonClient.connect({ runDirectory: join(sandbox.directory, 'run') });
  try {
    return (await client.request('daemon-status', {}))[which] ?? 0;
  } finally {
    client.close();
  }
}
