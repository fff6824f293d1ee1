import { RINGTAIL_VERSION } from '@ringtail/base';
import { CtlError, SessionDaemonClient } from '@ringtail/ctl';
import { ROOT_RUN_DIRECTORY } from '@ringtail/posix';
import type { Context } from '../context/context.ts';
import { candidates } from '../daemon/daemon.ts';
import type { Check, Machine } from './check.ts';
import { type DaemonFacts, runDirectoryChecks } from './run-directory-checks.ts';
import { runtimeChecks } from './runtime-checks.ts';
import { systemChecks } from './system-checks.ts';

const DAEMON_TIMEOUT_MS = 2000;

/** Checks everything that recording depends on, on this machine and for this user. */
export async function examine(context: Context, machine: Machine): Promise<Check[]> {
  const checks = [...runtimeChecks(machine)];
  const places = runDirectories(context, machine);
  for (const path of places) {
    checks.push(...runDirectoryChecks(machine, path, await daemonIn(path), RINGTAIL_VERSION));
  }
  return [...checks, ...systemChecks(machine, context.settings.group, places)];
}

/** This user's run directory, and root's where it exists: applications register in both. */
function runDirectories(context: Context, machine: Machine): string[] {
  const own = candidates(context);
  const shared =
    context.env.RINGTAIL_RUNDIR || machine.lookAt(ROOT_RUN_DIRECTORY) === undefined ? [] : [ROOT_RUN_DIRECTORY];
  return [...new Set([...own, ...shared])];
}

async function daemonIn(runDirectory: string): Promise<DaemonFacts> {
  try {
    const client = await SessionDaemonClient.connect({ runDirectory, timeoutMs: DAEMON_TIMEOUT_MS });
    try {
      return { kind: 'running', ...(await client.request('daemon-status', {}, { timeoutMs: DAEMON_TIMEOUT_MS })) };
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof CtlError)) throw error;
    return error.code === 'NO_DAEMON' ? { kind: 'none' } : { kind: 'refused', code: error.code, why: error.describe() };
  }
}
