import { CtlError, type SessionDaemonClient } from '@ringtail/ctl';
import type { SessionDescription, SessionStatistics } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';
import { explain } from '../output/report.ts';
import type { Context } from '../program/context.ts';
import { diagnoseNoDaemon } from './diagnose-no-daemon.ts';
import { diagnoseSession } from './diagnose-session.ts';
import { diagnoseTroubles } from './diagnose-troubles.ts';
import { diagnoseWrongValues } from './diagnose-wrong-values.ts';
import type { Finding } from './finding.ts';
import { findSurroundings, ownerOf } from './surroundings.ts';

/**
 * Reasons for missing events of a session.
 *
 * @returns null where the daemon is too old to give them
 */
export async function diagnose(
  context: Context,
  client: SessionDaemonClient,
  session: SessionDescription,
  statistics: SessionStatistics,
): Promise<readonly Finding[] | null> {
  if (statistics.eventsRecorded > 0) {
    return [...diagnoseTroubles(session, statistics.troubles), ...diagnoseWrongValues(statistics)];
  }
  try {
    const diagnosis = await client.sessionDiagnosis(session.name);
    const [status, applications] = await Promise.all([client.daemonStatus(), client.listApplications()]);
    const { runDirectory, consumerPid } = status;
    const daemon = { runDirectory, uid: ownerOf(runDirectory), consumerPid };
    const threadsSeen = Math.max(diagnosis.threadsSeen, diagnosis.threadsRegistered);
    const surroundings = threadsSeen > 0 ? null : await findSurroundings(context, runDirectory);
    return diagnoseSession({ session, diagnosis, daemon, applications, threadsSeen, surroundings });
  } catch (error) {
    if (!(error instanceof CtlError) || error.code !== 'UNSUPPORTED') throw error;
    explain(context, `the session daemon cannot say why the session has no events: ${error.message}`);
    return null;
  }
}

/** The same error, with the reasons why no session daemon answered. */
export async function withDaemonFinding(context: Context, error: unknown): Promise<unknown> {
  if (!(error instanceof CliError || error instanceof CtlError) || error.code !== 'NO_DAEMON') return error;
  const finding = diagnoseNoDaemon(await findSurroundings(context, null));
  return new CliError(error.code, error.message, [...finding.evidence, finding.nextStep].join('\n'), [finding]);
}
