import { constants, setPriority } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { errnoOf } from '@ringtail/base';
import { systemTimers } from '@ringtail/base/node';
import { loadPosix, runDirectoryAt } from '@ringtail/posix';
import { startDaemon } from './daemon/daemon.ts';
import { stderrLog } from './log.ts';
import { systemCalls } from './output/files/file-calls.ts';

const log = stderrLog('ringtail-consumerd');

const fail = (error: unknown) => {
  log(`fails: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exit(1);
};
// The session daemon reads the log. If it was killed, the rings still have to be drained.
process.stderr.on('error', () => {});
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

const { rundir } = parseArgs({ options: { rundir: { type: 'string' } } }).values;
if (rundir === undefined) throw new Error('usage: main.js --rundir DIRECTORY');

raisePriority();
leaveGroups();
const daemon = startDaemon({
  runDirectory: runDirectoryAt(resolve(rundir)),
  makeFifo,
  now: () => new Date(),
  calls: systemCalls,
  timers: systemTimers,
  log,
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => daemon.end(`received ${signal}`));
await daemon.ended;
process.exit(0);

/**
 * Raises the priority above ordinary programs. The consumer needs little processor time, but while it waits, rings fill
 * up and events are lost: on a busy machine a consumer of ordinary priority waited for 200 ms. Only root may raise it.
 */
function raisePriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** Gives up root's groups: work as the owner of a session must not have their rights. Root itself needs none. */
function leaveGroups(): void {
  if (process.geteuid?.() !== 0) return;
  try {
    process.setgroups?.([]);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    log(`keeps the groups of root: ${errnoOf(error)}`);
  }
}

function makeFifo(path: string): void {
  const loaded = loadPosix();
  if (!loaded.ok) throw new Error(`cannot make ${path}: ${loaded.reason}`);
  loaded.posix.mkfifo(path, 0o600);
}
