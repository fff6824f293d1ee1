import type { SessionDaemonClient } from '@ringtail/ctl';
import type { SessionDescription, SessionStatistics } from '@ringtail/protocol';
import type { Context } from '../context/context.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { isMistake } from '../diagnosis/diagnose-session.ts';
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

/** Only settings files have filters in a recording. */
const CHANGE_FILTER = 'change the filter in the settings, and run the command again';

/** Next steps for another recording, since the session ends. */
const NEXT_RECORDING: Partial<Record<FindingCode, string>> = {
  NO_MATCHING_TRACEPOINT: 'run the command again with an existing name: -u PATTERN',
  ALL_EXCLUDED: 'record what the settings exclude: -u PATTERN, or other --settings',
  LOG_LEVEL: 'record less severe events as well: -l LEVEL',
  TRACE_REMOVED: 'keep others from removing the trace (cleaners of temporary directories), and record again',
  FILTER_NEVER_TRUE: CHANGE_FILTER,
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
    const described = await describeSession(client, session);
    const { findings } = await diagnose(context, client, described, statistics);
    if (findings === null) return null;
    const others = findings.filter(({ code }) => !NOBODY.has(code));
    const ours = others.map((finding) => forNextRecording(finding, described));
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
  const told = diagnoseTroubles(session, troubles).map((finding) => forNextRecording(finding));
  if (eventsRecorded > 0) return [...told, ...(before ?? []).filter(isMistake)];
  const codes = new Set<FindingCode>(told.map(({ code }) => code));
  if (codes.size > 0) codes.add('NOT_REACHED');
  if (codes.has('NOT_RECORDED') || codes.has('SHARE_USED_UP')) codes.add('NO_APPLICATION');
  if (before === null && told.length === 0) return null;
  return [...(before ?? []).filter(({ code }) => !codes.has(code)), ...told];
}

/** @param session the recording, where it still exists */
function forNextRecording(finding: Finding, session?: SessionDescription): Finding {
  if (finding.code === 'FILTER_LACKS_FIELD') {
    const guess = finding.meant === undefined ? '' : `did you mean "${finding.meant}"? `;
    return { ...finding, nextStep: `${guess}${CHANGE_FILTER}` };
  }
  if (finding.meant !== undefined) {
    const nextStep = `did you mean '${finding.meant}'? run the command again with -u ${shellQuote(finding.meant)}`;
    return { ...finding, nextStep };
  }
  if (finding.code === 'ALL_DISCARDED' && session !== undefined) {
    return { ...finding, nextStep: `run the command again with ${largerBuffers(session)}` };
  }
  return { ...finding, nextStep: NEXT_RECORDING[finding.code] ?? finding.nextStep };
}

/** Options for at least 4 times the memory that the channels of a recording have. */
function largerBuffers({ domains }: SessionDescription): string {
  const channels = domains.flatMap((domain) => domain.channels);
  const mebibytes = Math.max(4, ...channels.map(({ subBufBytes }) => Math.ceil(subBufBytes / 1024 ** 2) * 4));
  const count = Math.max(8, ...channels.map(({ subBufCount }) => subBufCount));
  return `--subbuf-size=${mebibytes}M --num-subbuf=${count}`;
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
