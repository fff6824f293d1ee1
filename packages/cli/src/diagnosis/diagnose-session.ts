import {
  type ChannelDescription,
  type DomainName,
  isNodeLogger,
  type SessionDescription,
  type SessionDiagnosis,
} from '@ringtail/protocol';
import { type Finding, shortened } from '../errors/finding.ts';
import { formatBytes, plural, shellQuote } from '../output/quantity.ts';
import { diagnoseAbsence } from './diagnose-absence.ts';
import { diagnoseLoggerRule } from './diagnose-logger-rules.ts';
import { diagnoseRule, ownNames } from './diagnose-rules.ts';
import { diagnoseTroubles, isOfConsumer, isOfProgram } from './diagnose-troubles.ts';
import { diagnoseWrongValues } from './diagnose-wrong-values.ts';
import type { SessionFacts } from './session-facts.ts';

/**
 * Reasons why a session has no events, in the order in which an event would meet them. For a session with events: the
 * known troubles, and rules that are likely mistakes.
 */
export function diagnoseSession(facts: SessionFacts): Finding[] {
  const told = [...troubles(facts), ...diagnoseWrongValues(facts.diagnosis.statistics)];
  if (facts.diagnosis.statistics.eventsRecorded > 0) return [...told, ...mistakes(facts)];
  // Where programs were refused, rules that match no registered program are no reason.
  const turnedAway = told.filter(({ code }) => code === 'SHARE_USED_UP');
  const found = [
    ...consumer(facts),
    ...notStarted(facts),
    ...rules(facts),
    ...turnedAway,
    ...(recordsPrograms(facts.session) ? applications(facts) : []),
    ...trackers(facts),
    ...(turnedAway.length > 0 ? [] : matching(facts)),
    ...told.filter((finding) => !turnedAway.includes(finding)),
    ...discarded(facts),
  ];
  const ofKernel = kernelNotReached(facts);
  if (found.length > 0) return recordsPrograms(facts.session) ? [...found, ...ofKernel] : found;
  return recordsPrograms(facts.session) ? [...notReached(facts), ...ofKernel] : ofKernel;
}

/** Whether a session is about programs: about anything but the kernel alone. */
function recordsPrograms({ domains }: SessionDescription): boolean {
  const used = domains.filter(({ channels, maps }) => channels.length + maps.length > 0);
  return used.length === 0 || used.some(({ domain }) => domain !== 'kernel');
}

function kernelChannels({ domains }: SessionDescription): readonly ChannelDescription[] {
  return domains.find(({ domain }) => domain === 'kernel')?.channels ?? [];
}

/** Where kernel events could have been recorded. */
function kernelNotReached({ session, diagnosis }: SessionFacts): Finding[] {
  const enabled = kernelChannels(session).filter((channel) => channel.enabled);
  const patterns = enabled.flatMap(({ rules: of }) => of.flatMap((rule) => (rule.enabled ? `'${rule.pattern}'` : [])));
  if (patterns.length === 0 || !diagnosis.active) return [];
  return [
    {
      code: 'NOT_REACHED',
      what: 'the kernel records, but no event of the rules has happened since the session was started',
      evidence: [`its rules: ${shortened(patterns).join(', ')}`],
      nextStep: `wait until the system does something, then ringtail status ${shellQuote(session.name)}`,
    },
  ];
}

function consumer({ daemon, diagnosis }: SessionFacts): Finding[] {
  // A consumer that cannot be started is a trouble with its own reason.
  if (daemon.consumerPid !== null || diagnosis.statistics.troubles.some(isOfConsumer)) return [];
  return [
    {
      code: 'CONSUMER_UNAVAILABLE',
      what: 'the consumer daemon, which writes the traces, does not run',
      evidence: ['it is being started again'],
      nextStep: `${shellQuote(`${daemon.runDirectory}/sessiond.log`)} says why it ended`,
    },
  ];
}

function notStarted({ session, diagnosis }: SessionFacts): Finding[] {
  if (diagnosis.active) return [];
  const what = diagnosis.startedOnce ? 'the session is stopped' : 'the session was not started';
  return [{ code: 'NOT_STARTED', what, evidence: [], nextStep: `ringtail start ${shellQuote(session.name)}` }];
}

function rules({ session, diagnosis }: SessionFacts): Finding[] {
  const name = shellQuote(session.name);
  const ofKernel = kernelChannels(session);
  const off = [
    ...diagnosis.channelsDisabled.map((channel) => [channel, optionOf(domainOf(session, channel))] as const),
    ...ofKernel.filter(({ enabled }) => !enabled).map((channel) => [channel.name, '-k'] as const),
  ];
  const disabled = off.map(([channel, option]) => ({
    code: 'CHANNEL_DISABLED' as const,
    what: `the channel ${channel} is disabled`,
    evidence: ruleNames(session, channel),
    nextStep: `ringtail enable-channel ${option} -s ${name} ${shellQuote(channel)}`,
  }));
  const kernelRules = ofKernel.flatMap((channel) => channel.rules.filter(({ enabled }) => enabled));
  const rulesInUse = diagnosis.rules.length + diagnosis.rulesNotCompared + kernelRules.length;
  if (disabled.length > 0 || rulesInUse > 0) return disabled;
  const rulesOff = channelsOf(session).flatMap((channel) => channel.rules.filter(({ enabled }) => !enabled));
  return [
    {
      code: 'NO_RULE',
      what:
        rulesOff.length > 0
          ? 'all rules of the session are disabled'
          : 'the session has no rule that says what to record',
      evidence: rulesOff.map(({ pattern }) => `disabled: '${pattern}'`),
      nextStep: recordsPrograms(session)
        ? `ringtail enable-event -u -s ${name} ${shellQuote(rulesOff[0]?.pattern ?? 'PROVIDER:*')}`
        : `ringtail enable-event -k -s ${name} ${shellQuote(rulesOff[0]?.pattern ?? 'sched_*')}`,
    },
  ];
}

/** The domain of a channel that programs record into. */
function domainOf({ domains }: SessionDescription, channel: string): DomainName {
  const ofPrograms = domains.filter(({ domain }) => isNodeLogger(domain));
  return ofPrograms.find(({ channels }) => channels.some(({ name }) => name === channel))?.domain ?? 'user';
}

function optionOf(domain: DomainName): string {
  return domain === 'user' ? '-u' : `--${domain}`;
}

function channelsOf({ domains }: SessionDescription): ChannelDescription[] {
  return domains.flatMap(({ channels }) => channels);
}

function ruleNames(session: SessionDescription, name: string): string[] {
  const channel = channelsOf(session).find((one) => one.name === name);
  return channel === undefined || channel.rules.length === 0
    ? []
    : [`its rules: ${shortened(channel.rules.map(({ pattern }) => `'${pattern}'`)).join(', ')}`];
}

function applications(facts: SessionFacts): Finding[] {
  const { diagnosis, session } = facts;
  if (diagnosis.threadsRegistered === 0) {
    const isExplained = facts.threadsSeen > 0 || diagnosis.statistics.troubles.some(isOfProgram);
    return isExplained ? [] : diagnoseAbsence(facts);
  }
  if (diagnosis.threadsOfOwner > 0) return [];
  return [
    {
      code: 'OTHER_USER',
      what: 'the programs that are registered are not those of the user to whom the session belongs',
      evidence: [
        `${plural(diagnosis.threadsRegistered, 'thread')} of other users; the session belongs to user ${session.uid}`,
      ],
      nextStep: 'make the session as the user of the programs, or as root',
    },
  ];
}

function trackers({ session, diagnosis }: SessionFacts): Finding[] {
  const { threadsOfOwner, threadsUntracked } = diagnosis;
  if (threadsOfOwner === 0 || threadsUntracked < threadsOfOwner) return [];
  const limits = session.domains.flatMap(({ trackers }) =>
    Object.entries(trackers).filter(([, values]) => values !== null),
  );
  const options = limits.map(([attribute]) => ` --${attribute}`).join('');
  return [
    {
      code: 'UNTRACKED',
      what: 'the process trackers of the session leave out all programs',
      evidence: [
        `${plural(threadsUntracked, 'thread')} left out`,
        ...limits.map(([attribute, values]) => `tracked ${attribute}: ${(values ?? []).join(', ') || 'none'}`),
      ],
      nextStep: `ringtail track -u -s ${shellQuote(session.name)}${options} --all, or track those that are wanted`,
    },
  ];
}

function matching({ session, diagnosis, applications, recordedEvents, threadsSeen }: SessionFacts): Finding[] {
  if (threadsSeen === 0) return [];
  if (ownNames(diagnosis.tracepointNames).length === 0) {
    return [
      {
        code: 'NO_TRACEPOINT',
        what: 'the programs that registered have no tracepoint',
        evidence: [`${plural(threadsSeen, 'JavaScript thread')} registered, but none had a tracepoint`],
        nextStep: 'define events with provider(…).tracepoint(…) of @ringtail/tracer',
      },
    ];
  }
  const tracepoints = [...applications.flatMap((application) => application.tracepoints), ...recordedEvents];
  const facts = { session: session.name, names: diagnosis.tracepointNames, tracepoints };
  const ofRules = diagnosis.rules.flatMap((rule) => {
    const domain = domainOf(session, rule.channel);
    const found = isNodeLogger(domain) ? diagnoseLoggerRule(rule, domain, session.name) : diagnoseRule(rule, facts);
    return found ?? [];
  });
  return [...ofRules, ...notCompared(diagnosis)];
}

/** Rules that record nothing while others do: with a field that no event has, or with nearly the name of an event. */
function mistakes(facts: SessionFacts): Finding[] {
  const patterns = new Set(facts.diagnosis.rules.map(({ rule }) => rule.pattern));
  const isCorrected = ({ code, meant = '' }: Finding): boolean =>
    code === 'NO_MATCHING_TRACEPOINT' && patterns.has(meant);
  return matching(facts).filter((finding) => isMistake(finding) && !isCorrected(finding));
}

export function isMistake({ code, meant }: Finding): boolean {
  return code === 'FILTER_LACKS_FIELD' || (code === 'NO_MATCHING_TRACEPOINT' && meant !== undefined);
}

function notCompared({ rules: compared, rulesNotCompared, tracepointNames }: SessionDiagnosis): Finding[] {
  if (rulesNotCompared === 0) return [];
  const all = compared.length + rulesNotCompared;
  return [
    {
      code: 'RULES_NOT_COMPARED',
      what: `too many rules to compare: ${rulesNotCompared} of ${all} rules were not compared with the tracepoints`,
      evidence: [`${plural(tracepointNames.length, 'tracepoint')} seen`],
      nextStep: 'disable rules that are not needed (ringtail disable-event), or use fewer stars and exclusions',
    },
  ];
}

function troubles({ session, diagnosis, applications: there }: SessionFacts): Finding[] {
  const ofApplications = there.flatMap(({ pid, program, troubles: told }) =>
    told
      .filter((sentence) => !diagnosis.statistics.troubles.some((known) => known.includes(sentence)))
      .map((sentence) => `process ${pid} (${program}): ${sentence}`),
  );
  return diagnoseTroubles(session, [...diagnosis.statistics.troubles, ...ofApplications]);
}

function discarded({ session, diagnosis }: SessionFacts): Finding[] {
  const { eventsDiscarded } = diagnosis.statistics;
  if (eventsDiscarded === 0) return [];
  const sizes = channelsOf(session).map(
    ({ name, subBufBytes, subBufCount }) =>
      `channel ${name}: ${subBufCount} sub-buffers of ${formatBytes(subBufBytes)}, which a record has to fit into`,
  );
  return [
    {
      code: 'ALL_DISCARDED',
      what: `all events were discarded: ${plural(eventsDiscarded, 'event')}`,
      evidence: sizes,
      nextStep:
        'add a channel with larger sub-buffers: ringtail enable-channel -u NAME --subbuf-size=4M --num-subbuf=8',
    },
  ];
}

function notReached({ session, diagnosis, threadsSeen }: SessionFacts): Finding[] {
  const names = ownNames(diagnosis.tracepointNames);
  const filtered = diagnosis.rules.some(({ rule }) => rule.filter !== undefined);
  return [
    {
      code: 'NOT_REACHED',
      what: 'tracepoints match, but no program has come by one since the session was started',
      evidence: [
        `${plural(threadsSeen, 'JavaScript thread')} registered, with: ${shortened(names).join(', ')}`,
        ...(filtered ? ['filters were not evaluated yet'] : []),
      ],
      nextStep:
        `wait for the program to do something, then ringtail status ${session.active ? '' : `after ringtail start ${shellQuote(session.name)}`}`.trim(),
    },
  ];
}
