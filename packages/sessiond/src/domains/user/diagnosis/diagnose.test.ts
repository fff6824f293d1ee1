import { DEFAULT_CHANNEL, type EventRule, NO_STATISTICS, type SessionDiagnosis } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { testShares } from '../../../testing/shares.test.support.ts';
import { countSteps } from '../../../testing/steps.test.support.ts';
import { TestSessions } from '../../../testing/test-sessions.test.support.ts';
import { processOf, threadOf } from '../../../testing/threads.test.support.ts';
import type { Domain } from '../../domain.ts';
import { Domains } from '../../domains.ts';
import { type ListedThread, type TracepointList, TracepointLists } from '../part/tracepoint-lists.ts';
import type { UserPart } from '../part/user-part.ts';
import { type DiagnosisFacts, diagnose, RULES_DIAGNOSED_MAX } from './diagnose.ts';

const INFO = 6;
const DEBUG = 14;
const lists = new TracepointLists(testShares().kept);

/** A thread of the user 7 whose program has these tracepoints. */
function thread(pid: number, tracepoints: Readonly<Record<string, number>> = { 'shop:order': INFO }): ListedThread {
  const described = Object.entries(tracepoints).map(([name, logLevel]) => ({ name, logLevel, fields: [] }));
  return { thread: threadOf(7, processOf(pid)), tracepoints: lists.acquire(7, described) as TracepointList };
}

interface SetUp {
  readonly rules?: readonly EventRule[];
  readonly threads?: readonly ListedThread[];
  readonly gone?: readonly ListedThread[];
  readonly stopped?: boolean;
  readonly change?: (sessions: TestSessions, part: UserPart) => void;
  readonly statistics?: typeof NO_STATISTICS;
  readonly facts?: Partial<DiagnosisFacts>;
}

/** What is said of a session that records `shop:*` and is started, unless something else is said. */
function diagnosisOf(setUp: SetUp): SessionDiagnosis {
  const sessions = new TestSessions();
  const part = sessions.create('s', { owner: { uid: 7, gid: 7 } });
  for (const rule of setUp.rules ?? [{ pattern: 'shop:*' }]) sessions.parts.channels.enableEvent(part, null, rule);
  const threads = setUp.threads ?? [thread(1)];
  for (const listed of [...threads, ...(setUp.gone ?? [])]) part.seen.add(listed);
  if (setUp.stopped !== true) sessions.start(part);
  setUp.change?.(sessions, part);
  const facts = { part, threads, filterCounts: () => null, ...setUp.facts };
  const domains = new Domains();
  domains.add({ programs: { diagnose: () => diagnose(facts) } } as unknown as Domain);
  return countSteps(domains.diagnose(part.session, setUp.statistics ?? NO_STATISTICS)).result;
}

const sound = {
  active: true,
  startedOnce: true,
  threadsSeen: 1,
  threadsRegistered: 1,
  threadsOfOwner: 1,
  threadsUntracked: 0,
  rules: [
    {
      channel: DEFAULT_CHANNEL.name,
      rule: { pattern: 'shop:*', enabled: true },
      named: 1,
      notExcluded: 1,
      ofLogLevel: 1,
      filterEvaluations: null,
      filterRejections: null,
    },
  ],
  rulesNotCompared: 0,
  tracepointNames: ['shop:order'],
  channelsDisabled: [],
  statistics: NO_STATISTICS,
};

describe('diagnose', () => {
  it('finds nothing in the way where nothing is', () => {
    expect(diagnosisOf({})).toEqual(sound);
  });

  const troubled = { ...NO_STATISTICS, troubles: ['a ring could not be made: /dev/shm is full'] };
  const twelve: readonly (readonly [name: string, setUp: SetUp, seen: Partial<SessionDiagnosis>])[] = [
    [
      'no application, or one of another run directory or user',
      { threads: [] },
      { threadsSeen: 0, threadsRegistered: 0 },
    ],
    [
      'an application that has gone',
      { threads: [], gone: [thread(1)] },
      { threadsSeen: 1, threadsRegistered: 0, tracepointNames: ['shop:order'] },
    ],
    ['an application without tracepoints', { threads: [thread(1, {})] }, { tracepointNames: [] }],
    [
      'a misspelt provider',
      { rules: [{ pattern: 'shpo:*' }] },
      {
        rules: [
          { ...sound.rules[0]!, rule: { pattern: 'shpo:*', enabled: true }, named: 0, notExcluded: 0, ofLogLevel: 0 },
        ],
      },
    ],
    [
      'an exclusion of everything',
      { rules: [{ pattern: 'shop:*', exclude: ['shop:o*'] }] },
      {
        rules: [
          {
            ...sound.rules[0]!,
            rule: { pattern: 'shop:*', exclude: ['shop:o*'], enabled: true },
            notExcluded: 0,
            ofLogLevel: 0,
          },
        ],
      },
    ],
    [
      'a log level that hides everything',
      {
        rules: [{ pattern: 'shop:*', logLevel: { from: 0, to: INFO } }],
        threads: [thread(1, { 'shop:order': DEBUG })],
      },
      {
        rules: [
          {
            ...sound.rules[0]!,
            rule: { pattern: 'shop:*', logLevel: { from: 0, to: INFO }, enabled: true },
            ofLogLevel: 0,
          },
        ],
      },
    ],
    [
      'a filter that was never true',
      {
        rules: [{ pattern: 'shop:*', filter: 'n > 5' }],
        facts: { filterCounts: () => ({ evaluated: 40, rejected: 40 }) },
      },
      {
        rules: [
          {
            ...sound.rules[0]!,
            rule: { pattern: 'shop:*', filter: 'n > 5', enabled: true },
            filterEvaluations: 40,
            filterRejections: 40,
          },
        ],
      },
    ],
    ['a session that was never started', { stopped: true }, { active: false, startedOnce: false }],
    ['a session that is stopped', { change: ({ registry }, { session }) => registry.stop(session) }, { active: false }],
    [
      'a tracker that leaves the application out',
      { change: ({ parts }, part) => parts.track(part, 'vpid', [2]) },
      { threadsUntracked: 1 },
    ],
    [
      'a channel that is disabled',
      { change: ({ parts }, part) => parts.channels.disable(part, DEFAULT_CHANNEL.name) },
      { rules: [], channelsDisabled: [DEFAULT_CHANNEL.name] },
    ],
    [
      'a rule that is disabled',
      { change: ({ parts }, part) => parts.channels.disableEvent(part, null, 'shop:*') },
      { rules: [] },
    ],
    [
      'events that were all discarded',
      { statistics: { ...NO_STATISTICS, eventsDiscarded: 9 } },
      { statistics: { ...NO_STATISTICS, eventsDiscarded: 9 } },
    ],
    ['shared memory that was refused, or is too small', { statistics: troubled }, { statistics: troubled }],
  ];
  it.each(twelve)('tells %s from the others', (_, setUp, seen) => {
    const diagnosis = diagnosisOf(setUp);
    expect(diagnosis).toMatchObject(seen);
    expect(diagnosis).not.toEqual(sound);
    // What is not in the way is said not to be.
    for (const member of ['active', 'threadsUntracked', 'channelsDisabled', 'statistics'] as const) {
      if (!(member in seen)) expect(diagnosis[member]).toEqual(sound[member]);
    }
  });

  it('says something different of each', () => {
    const said = twelve.map(([, setUp]) => JSON.stringify(diagnosisOf(setUp)));
    expect(new Set(said).size).toBe(twelve.length);
  });

  it('counts a name once, though programs have it with several log levels, and sees the wanted one', () => {
    const threads = [
      thread(1, { 'shop:order': DEBUG }),
      thread(2, { 'shop:order': INFO }),
      thread(3, { 'shop:order': INFO }),
    ];
    const rules = [{ pattern: 'shop:*', logLevel: { from: INFO, to: INFO } }];
    expect(diagnosisOf({ threads, rules }).rules).toMatchObject([{ named: 1, ofLogLevel: 1 }]);
  });

  it('gives counts of filters only with rules that have one', () => {
    const rules = [{ pattern: 'shop:*' }, { pattern: 'shop:o*', filter: 'n > 5' }];
    const facts = { filterCounts: () => ({ evaluated: 3, rejected: 1 }) };
    expect(diagnosisOf({ rules, facts }).rules.map((rule) => rule.filterEvaluations)).toEqual([null, 3]);
  });

  it('tells of a bounded number of rules', () => {
    const change = ({ parts }: TestSessions, part: UserPart) => {
      for (let channel = 0; channel < 3; channel++) {
        for (let rule = 0; rule < 500; rule++)
          parts.channels.enableEvent(part, `c${channel}`, { pattern: `shop:${rule}` });
      }
    };
    const { rules, rulesNotCompared } = diagnosisOf({ change });
    expect(rules).toHaveLength(RULES_DIAGNOSED_MAX);
    // With the one that the session has from the start.
    expect(rulesNotCompared).toBe(1501 - RULES_DIAGNOSED_MAX);
  });
});
