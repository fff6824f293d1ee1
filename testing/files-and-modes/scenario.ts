/** Each role makes each kind of file once. */
import { join } from 'node:path';
import { program, RINGTAIL, type Running } from '../e2e/harness.ts';
import { type Cast, end, type Role } from './cast.ts';

const CHANNEL = 'fast';

export async function makeEverything(cast: Cast, role: Role): Promise<void> {
  const own = cast.directoryOf(role);
  await recordByUser(cast, role, own);
  await recordByProcess(cast, role, own);
  // A daemon of root accepts ring files of root's sessions only.
  if (role !== 'member') await recordIntoRingFiles(cast, role, own);
  await recordSnapshots(cast, role, own);
  await recordAtOnce(cast, role);
  await copyTraces(cast, role, own);
  cast.look(role);
}

/** A session with a channel, started. */
async function start(
  cast: Cast,
  role: Role,
  session: string,
  create: readonly string[],
  channel: readonly string[] = [],
) {
  await cast.ringtail(role, 'create', session, ...create);
  await cast.ringtail(role, 'enable-channel', '-u', '-s', session, CHANNEL, ...channel);
  await cast.ringtail(role, 'enable-event', '-u', '-s', session, '-c', CHANNEL, 'e2e:*');
  await cast.ringtail(role, 'start', session);
}

/** A program that emits events until its standard input ends. */
async function stepping(cast: Cast, role: Role): Promise<Running> {
  const running = cast.start(role, [program('steps.mjs')]);
  await running.says(/ready/);
  return running;
}

async function recordByUser(cast: Cast, role: Role, own: string): Promise<void> {
  await start(cast, role, 'by-user', ['-o', join(own, 'out', 'by-user')]);
  const running = await stepping(cast, role);
  cast.look(role, [running.pid, cast.daemonOf(role)]);
  await cast.ringtail(role, 'rotate', 'by-user');
  cast.look(role);
  await cast.ringtail(role, 'add-trigger', '--condition=session-trouble', '--session=by-user', '--action=notify');
  await cast.ringtail(role, 'save', 'by-user');
  await end(running);
  await cast.ringtail(role, 'stop', 'by-user');
  cast.look(role);
  await cast.ringtail(role, 'destroy', 'by-user');
}

async function recordByProcess(cast: Cast, role: Role, own: string): Promise<void> {
  const options = ['--buffer-ownership=process', '--tracefile-size=65536', '--tracefile-count=2', '--subbuf-size=4096'];
  await start(cast, role, 'by-process', ['-o', join(own, 'out', 'by-process')], options);
  const running = await stepping(cast, role);
  await end(running);
  await cast.ringtail(role, 'stop', 'by-process');
  cast.look(role);
  await cast.ringtail(role, 'destroy', 'by-process');
}

/** Root's session records programs of others too. */
async function recordIntoRingFiles(cast: Cast, role: Role, own: string): Promise<void> {
  await start(cast, role, 'in-files', ['-o', join(own, 'out', 'in-files'), '--shm-path', cast.ringsOf(role)]);
  const programs = [await stepping(cast, role), ...(role === 'root' ? [await stepping(cast, 'member')] : [])];
  cast.look(role);
  await cast.ringtail(role, 'crash', cast.ringsOf(role), '-o', join(own, 'crash'));
  for (const running of programs) await end(running);
  await cast.ringtail(role, 'destroy', 'in-files');
}

async function recordSnapshots(cast: Cast, role: Role, own: string): Promise<void> {
  await start(cast, role, 'flight', ['--snapshot', '-o', join(own, 'out', 'flight')]);
  const running = await stepping(cast, role);
  await cast.ringtail(role, 'snapshot', 'record', '-s', 'flight');
  cast.look(role);
  await end(running);
  await cast.ringtail(role, 'destroy', 'flight');
}

/** `record` with a private daemon, whose run directory is observed during the recording. */
async function recordAtOnce(cast: Cast, role: Role): Promise<void> {
  const running = cast.start(role, [RINGTAIL, 'record', '--', process.execPath, program('steps.mjs')]);
  await running.says(/ready/);
  cast.look(role);
  await end(running);
  await cast.start(role, [RINGTAIL, 'guard', '--', process.execPath, program('crash.mjs'), 'exit']).ended;
}

async function copyTraces(cast: Cast, role: Role, own: string): Promise<void> {
  const trace = join(own, 'out', 'by-user');
  await cast.ringtail(role, 'convert', trace, '-o', 'ctf', '-w', join(own, 'copy', 'whole'));
  await cast.ringtail(role, 'convert', trace, '-o', 'ctf2', '-w', join(own, 'copy', 'other'), '--filter', 'index > 10');
  await cast.ringtail(role, 'convert', trace, '-o', 'csv', '-w', join(own, 'copy', 'events.csv'));
}
