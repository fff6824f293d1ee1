import type { SessionDaemonClient } from '@ringtail/ctl';
import type { SessionStatistics } from '@ringtail/protocol';
import type { Context } from '../context/context.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { diagnoseTroubles, type TroubledSession } from '../diagnosis/diagnose-troubles.ts';
import type { Finding, FindingCode } from '../errors/finding.ts';
import { shellQuote } from '../output/quantity.ts';
import { describeSession } from '../session/on-session.ts';

/** Programs of the command get tracer and run directory from its environment, so other programs do not matter. */
const NOBODY: ReadonlySet<FindingCode> = new Set(['OTHER_DAEMON', 'OTHER_USER', 'NO_APPLICATION']);
const NOBODY_REGISTERED: Finding = {
  code: 'NO_APPLICATION',
  what: 'No Node.js program registered',
  evidence: [
    'either the command runs none, or it drops NODE_OPTIONS (sudo does) or RINGTAIL_RUNDIR, or the tracer could not start',
  ],
  nextStep:
    'RINGTAIL_DEBUG=1 in the environment makes the tracer say what it cannot do; ringtail doctor checks the machine',
};

/** Next steps for another recording, since the session ends. */
const NEXT_RECORDING: Partial<Record<FindingCode, string>> = {
  NO_MATCHING_TRACEPOINT: 'record an existing name: ringtail record -u PATTERN',
  ALL_EXCLUDED: 'record what the settings exclude: ringtail record -u PATTERN, or other --settings',
  LOG_LEVEL: 'record less severe events as well: ringtail record -l LEVEL',
  ALL_DISCARDED: 'ringtail record --subbuf-size=4M --num-subbuf=8',
  TRACE_REMOVED: 'keep others from removing the trace (cleaners of temporary directories), and record again',
  NOT_REACHED: 'have the command do what has the tracepoints',
};

/**
 * Reasons for missing events, while the session still exists.
 *
 * @returns null where the daemon is too old to give them
 */
export async function findMissing(
  context: Context,
  client: SessionDaemonClient,
  session: string,
  statistics: SessionStatistics,
): Promise<readonly Finding[] | null> {
  try {
    const { findings } = await diagnose(context, client, await describeSession(client, session), statistics);
    if (findings === null) return null;
    const others = findings.filter(({ code }) => !NOBODY.has(code));
    const ours = others.map(forNextRecording);
    return others.length < findings.length ? [NOBODY_REGISTERED, ...ours] : ours;
  } catch {
    // The daemon is gone, which the end of the recording reports.
    return null;
  }
}

/**
 * Reasons for missing events after the end, with the last troubles.
 *
 * @param before findings while the session existed
 */
export function findingsAtEnd(
  before: readonly Finding[] | null,
  session: TroubledSession,
  { eventsRecorded, troubles }: SessionStatistics,
): readonly Finding[] | null {
  const told = diagnoseTroubles(session, troubles).map(forNextRecording);
  if (eventsRecorded > 0) return told;
  const codes = new Set<FindingCode>(told.map(({ code }) => code));
  if (codes.size > 0) codes.add('NOT_REACHED');
  if (codes.has('NOT_RECORDED') || codes.has('SHARE_USED_UP')) codes.add('NO_APPLICATION');
  const others = before?.filter(({ code }) => !codes.has(code)) ?? [];
  return before === null && told.length === 0 ? null : [...others, ...told];
}

function forNextRecording(finding: Finding): Finding {
  if (finding.meant !== undefined) {
    return { ...finding, nextStep: `did you mean '${finding.meant}'? ringtail record -u ${shellQuote(finding.meant)}` };
  }
  return { ...finding, nextStep: NEXT_RECORDING[finding.code] ?? finding.nextStep };
}

/** The findings as lines for people. */
export function explainMissing(findings: readonly Finding[] | null): string[] {
  if (findings === null) return ['The session daemon cannot say why.'];
  return findings.flatMap(({ what, evidence, nextStep }) => [
    `${what}:`,
    ...evidence.map((line) => `  ${line}`),
    `  next: ${nextStep}`,
  ]);
}
