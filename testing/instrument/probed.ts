/** Programs that probes are added to while they run. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import {
  eventsOf,
  REGISTER_URL,
  type Running,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  succeed,
  until,
} from '../e2e/harness.ts';

/** Whether this Node.js can edit functions in place. */
export const canEdit = Number(process.versions.node.split('.')[0]) < 26;
export const PROBED = fileURLToPath(new URL('programs/probed.cjs', import.meta.url));
const CLOCK = fileURLToPath(new URL('programs/set-clock.cjs', import.meta.url));
/** Options of Node.js for a program that can set its clocks. */
export const WITH_CLOCK = ['--require', CLOCK];
export const DAY_MS = 86_400_000;
/** Lines of `programs/probed.cjs`. */
export const STEP = `${PROBED}:9`;
export const SERVE = `${PROBED}:14`;
export const IDENTIFIERS = `${PROBED}:19`;

/** A started session `s` with a channel `c`. */
export async function startedSession(...channelOptions: string[]): Promise<{ sandbox: Sandbox; trace: string }> {
  const base = sandboxWithDaemon();
  const sandbox = { ...base, env: { ...base.env, RINGTAIL_INSTRUMENT: undefined } };
  const trace = join(sandbox.directory, 'trace');
  await succeed(sandbox, 'create', 's', '-o', trace);
  await succeed(sandbox, 'enable-channel', '-u', 'c', ...channelOptions);
  await succeed(sandbox, 'start');
  return { sandbox, trace };
}

export async function startProgram(sandbox: Sandbox, program: string, ...options: string[]): Promise<Running> {
  const running = startNode(sandbox, [...options, '--import', REGISTER_URL, program]);
  await running.says(/ready/);
  return running;
}

/** Has `programs/probed.cjs` do something. @returns its answer */
export async function does(running: Running, command: string): Promise<string> {
  const before = running.stdout.length;
  running.process.stdin?.write(`${command}\n`);
  const answer = new RegExp(`<${command}> (\\w+)\n`);
  await until(() => answer.test(running.stdout.slice(before)) || running.process.exitCode !== null);
  return answer.exec(running.stdout.slice(before))?.[1] ?? 'ended';
}

export async function untilStatusSays(sandbox: Sandbox, pattern: RegExp): Promise<void> {
  await until(async () => pattern.test((await ringtail(sandbox, ['status'])).stdout));
}

export const untilRecorded = (sandbox: Sandbox) => untilStatusSays(sandbox, /Recorded events: +[1-9]\d/);

/** Number of events that the current session has recorded so far. */
export async function recordedEvents(sandbox: Sandbox): Promise<number> {
  const { stdout } = await ringtail(sandbox, ['status']);
  return Number(/Recorded events: +([\d,]+)/.exec(stdout)?.[1]?.replaceAll(',', ''));
}

/** Has the program run a line until its probe is placed and has been hit. @param command runs the line once or more */
export async function untilHit(sandbox: Sandbox, running: Running, command: string): Promise<void> {
  const before = await recordedEvents(sandbox);
  await until(async () => {
    await does(running, command);
    return (await recordedEvents(sandbox)) > before;
  });
}

/** What `list` says a day later. */
export async function listedOneDayLater(sandbox: Sandbox): Promise<string> {
  const env = { ...sandbox.env, NODE_OPTIONS: WITH_CLOCK.join(' '), AHEAD_MS: String(DAY_MS) };
  return succeed({ ...sandbox, env }, 'list', 's');
}

/** Ends the program, which has to end as if it had never been probed, and the session. @returns its events */
export async function eventsAfterEnd(sandbox: Sandbox, trace: string, running: Running) {
  running.process.stdin?.end();
  const ended = await running.ended;
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  await ringtail(sandbox, ['destroy', 's']);
  return eventsOf(sandbox, trace);
}

/** Waits until the functions of `programs/probed.cjs` are as they were written, or are not. */
export async function untilText(running: Running, text: 'original' | 'edited'): Promise<void> {
  await until(async () => (await does(running, 'text')) === text);
}
