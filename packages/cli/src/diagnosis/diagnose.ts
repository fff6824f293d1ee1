import { CtlError, type SessionDaemonClient } from '@ringtail/ctl';
import {
  type ApplicationDescription,
  type RuleDiagnosis,
  ruleMatches,
  type SessionDescription,
  type SessionDiagnosis,
  type SessionStatistics,
  type TracepointDescription,
} from '@ringtail/protocol';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import type { Finding } from '../errors/finding.ts';
import { explain } from '../output/report.ts';
import { diagnoseNoDaemon } from './diagnose-no-daemon.ts';
import { diagnoseSession } from './diagnose-session.ts';
import { diagnoseTroubles } from './diagnose-troubles.ts';
import { diagnoseWrongValues } from './diagnose-wrong-values.ts';
import { fieldsAskedFor } from './filter-fields.ts';
import { recordedEvents } from './recorded-events.ts';
import type { SessionFacts } from './session-facts.ts';
import { findSurroundings, ownerOf, type Surroundings } from './surroundings.ts';

export interface SessionFindings {
  /** Null where the daemon is too old to give them. */
  readonly findings: readonly Finding[] | null;
  /** The given statistics, or newer ones: a diagnosis drains the rings first. */
  readonly statistics: SessionStatistics;
}

/** Reasons for missing events of a session, and rules that are likely mistakes. */
export async function diagnose(
  context: Context,
  client: SessionDaemonClient,
  session: SessionDescription,
  statistics: SessionStatistics,
): Promise<SessionFindings> {
  try {
    const facts = await findFacts(context, client, session);
    return { findings: diagnoseSession(facts), statistics: facts.diagnosis.statistics };
  } catch (error) {
    if (!(error instanceof CtlError) || error.code !== 'UNSUPPORTED') throw error;
    if (statistics.eventsRecorded > 0) {
      const findings = [...diagnoseTroubles(session, statistics.troubles), ...diagnoseWrongValues(statistics)];
      return { findings, statistics };
    }
    explain(context, `the session daemon cannot say why the session has no events: ${error.message}`);
    return { findings: null, statistics };
  }
}

async function findFacts(
  context: Context,
  client: SessionDaemonClient,
  session: SessionDescription,
): Promise<SessionFacts> {
  const { runDirectory, consumerPid } = await client.daemonStatus();
  const seenBy = ({ threadsSeen, threadsRegistered }: SessionDiagnosis) => Math.max(threadsSeen, threadsRegistered);
  let diagnosis = await client.sessionDiagnosis(session.name);
  let surroundings: Surroundings | null = null;
  if (seenBy(diagnosis) === 0) {
    surroundings = await findSurroundings(context, runDirectory);
    // A program may have registered during the search.
    diagnosis = await client.sessionDiagnosis(session.name);
    if (seenBy(diagnosis) > 0) surroundings = null;
  }
  const applications = await client.listApplications();
  const daemon = { runDirectory, uid: ownerOf(runDirectory), consumerPid };
  const recorded = await eventsOfFilters(session, diagnosis, applications);
  return {
    session,
    diagnosis,
    daemon,
    applications,
    recordedEvents: recorded,
    threadsSeen: seenBy(diagnosis),
    surroundings,
  };
}

/** Events of the trace, where a filter has fields and no registered program has the events of its rule. */
async function eventsOfFilters(
  { output }: SessionDescription,
  { rules }: SessionDiagnosis,
  applications: readonly ApplicationDescription[],
): Promise<TracepointDescription[]> {
  const isUnknown = ({ rule }: RuleDiagnosis): boolean =>
    fieldsAskedFor(rule.filter ?? '').length > 0 &&
    !applications.some(({ tracepoints }) =>
      tracepoints.some(({ name, logLevel }) => ruleMatches(rule, name, logLevel)),
    );
  return output !== null && rules.some(isUnknown) ? await recordedEvents(output) : [];
}

/** The same error, with the reasons why no session daemon answered. */
export async function withDaemonFinding(context: Context, error: unknown): Promise<unknown> {
  if (!(error instanceof CliError || error instanceof CtlError) || error.code !== 'NO_DAEMON') return error;
  const finding = diagnoseNoDaemon(await findSurroundings(context, null));
  return new CliError(error.code, error.message, [...finding.evidence, finding.nextStep].join('\n'), [finding]);
}
