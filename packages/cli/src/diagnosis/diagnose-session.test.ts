import {
  type ApplicationDescription,
  DEFAULT_CHANNEL,
  type EventRule,
  NO_STATISTICS,
  type RuleDiagnosis,
  type SessionDiagnosis,
} from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { styleFor } from '../output/style.ts';
import { sessionCalled } from '../testing/fake-daemon.test.support.ts';
import { describeFindings } from './describe-findings.ts';
import { diagnoseNoDaemon } from './diagnose-no-daemon.ts';
import { diagnoseSession } from './diagnose-session.ts';
import type { NodeProgram } from './node-programs.ts';
import type { SessionFacts } from './session-facts.ts';
import type { Surroundings } from './surroundings.ts';

const NAMES = ['shop:order', 'shop:payment'];
const PROGRAM: NodeProgram = {
  pid: 5,
  uid: 54321,
  name: 'app.js',
  traced: false,
  mayRegister: null,
  runDirectory: null,
};
const SURROUNDINGS: Surroundings = { lookedAt: [], named: null, uid: 54321, otherDaemons: [], programs: [] };

function ruleDiagnosis(rule: EventRule, more: Partial<RuleDiagnosis> = {}): RuleDiagnosis {
  const matched = { named: 2, notExcluded: 2, ofLogLevel: 2, filterEvaluations: null, filterRejections: null };
  return { channel: 'channel0', rule: { ...rule, enabled: true }, ...matched, ...more };
}

const APPLICATION: ApplicationDescription = {
  pid: 10,
  tid: 10,
  uid: 54321,
  procname: 'node',
  program: 'shop',
  runtime: 'node',
  mainThread: true,
  troubles: [],
  tracepoints: NAMES.map((name) => ({ name, logLevel: 13, fields: [{ name: 'amount', spec: { kind: 'i32' } }] })),
};

function facts(diagnosis: Partial<SessionDiagnosis> = {}, more: Partial<SessionFacts> = {}): SessionFacts {
  return {
    session: sessionCalled('s', { uid: 54321, active: true }),
    diagnosis: {
      active: true,
      startedOnce: true,
      threadsSeen: 1,
      threadsRegistered: 1,
      threadsOfOwner: 1,
      threadsUntracked: 0,
      rules: [ruleDiagnosis({ pattern: 'shop:*' })],
      rulesNotCompared: 0,
      tracepointNames: NAMES,
      channelsDisabled: [],
      statistics: NO_STATISTICS,
      ...diagnosis,
    },
    daemon: { runDirectory: '/run/here', uid: 54321, consumerPid: 7 },
    applications: [APPLICATION],
    recordedEvents: [],
    threadsSeen: 1,
    surroundings: null,
    ...more,
  };
}

const nobody = { threadsRegistered: 0, threadsOfOwner: 0, tracepointNames: [] };

/** A set-up, the causes that are to be found in order, and what must be said of the first. */
const CASES: readonly [string, SessionFacts, readonly string[], readonly string[]][] = [
  ['nothing wrong but a program that does nothing', facts(), ['NOT_REACHED'], ['shop:order']],
  [
    'a session that was never started',
    facts({ active: false, startedOnce: false }),
    ['NOT_STARTED'],
    ['ringtail start s'],
  ],
  ['a session that was stopped', facts({ active: false }), ['NOT_STARTED'], ['is stopped']],
  ['no rule', facts({ rules: [] }), ['NO_RULE'], ["ringtail enable-event -u -s s 'PROVIDER:*'"]],
  [
    'a disabled channel',
    facts({ rules: [], channelsDisabled: ['c'] }),
    ['CHANNEL_DISABLED'],
    ['channel c is disabled', 'enable-channel -u -s s c'],
  ],
  [
    'a program of another user',
    facts({ threadsRegistered: 3, threadsOfOwner: 0 }),
    ['OTHER_USER'],
    ['3 threads of other users'],
  ],
  [
    'trackers that leave all out',
    facts(
      { threadsUntracked: 1 },
      { session: sessionCalled('s', { active: true, trackers: { vpid: [99], vuid: null, vgid: null } }) },
    ),
    ['UNTRACKED'],
    ['tracked vpid: 99', 'ringtail track -u -s s --vpid --all'],
  ],
  [
    'a program without tracepoints of its own',
    facts({ tracepointNames: ['lttng_ust_tracef:event'] }),
    ['NO_TRACEPOINT'],
    ['none had a tracepoint'],
  ],
  [
    'a misspelt provider',
    facts({ rules: [ruleDiagnosis({ pattern: 'shpo:*' }, { named: 0, notExcluded: 0, ofLogLevel: 0 })] }),
    ['NO_MATCHING_TRACEPOINT'],
    ["'shpo:*'", "did you mean 'shop:*'?"],
  ],
  [
    'events of Node.js in a program without the instruments',
    facts({ rules: [ruleDiagnosis({ pattern: 'node_http:*' }, { named: 0, notExcluded: 0, ofLogLevel: 0 })] }),
    ['NO_MATCHING_TRACEPOINT'],
    ['@ringtail/instrument', '--import @ringtail/tracer/register'],
  ],
  [
    'an event without its provider',
    facts({ rules: [ruleDiagnosis({ pattern: 'order' }, { named: 0, notExcluded: 0, ofLogLevel: 0 })] }),
    ['NO_MATCHING_TRACEPOINT'],
    ["did you mean 'shop:order'?"],
  ],
  [
    'a misspelt event',
    facts({ rules: [ruleDiagnosis({ pattern: 'shop:ordre' }, { named: 0, notExcluded: 0, ofLogLevel: 0 })] }),
    ['NO_MATCHING_TRACEPOINT'],
    ["did you mean 'shop:order'?"],
  ],
  [
    'an exclusion of everything',
    facts({ rules: [ruleDiagnosis({ pattern: 'shop:*', exclude: ['*o*'] }, { notExcluded: 0, ofLogLevel: 0 })] }),
    ['ALL_EXCLUDED'],
    ['excluded: *o*', 'shop:order, shop:payment'],
  ],
  [
    'a log level that hides everything',
    facts({ rules: [ruleDiagnosis({ pattern: 'shop:*', logLevel: { from: 0, to: 3 } }, { ofLogLevel: 0 })] }),
    ['LOG_LEVEL'],
    ['wanted: TRACE_EMERG (0) to TRACE_ERR (3)', 'shop:order TRACE_DEBUG_LINE (13)', '--loglevel=13'],
  ],
  [
    'more rules than are compared',
    facts({ rulesNotCompared: 812 }),
    ['RULES_NOT_COMPARED'],
    ['812 of 813 rules were not compared', 'ringtail disable-event'],
  ],
  [
    'a filter on a field that there is not',
    facts({
      rules: [
        ruleDiagnosis({ pattern: 'shop:*', filter: 'amuont > 3' }, { filterEvaluations: 5, filterRejections: 5 }),
      ],
    }),
    ['FILTER_LACKS_FIELD'],
    ['"amuont"', 'did you mean "amount"?'],
  ],
  [
    'a filter on a field that there is not, of programs that have ended',
    facts(
      { threadsRegistered: 0, threadsOfOwner: 0, rules: [ruleDiagnosis({ pattern: 'shop:*', filter: 'amuont > 3' })] },
      { applications: [], recordedEvents: [{ name: 'shop:order', logLevel: 13, fields: [{ name: 'amount' }] }] },
    ),
    ['FILTER_LACKS_FIELD'],
    ['"amuont"', 'did you mean "amount"?', 'fields of shop:order: amount'],
  ],
  [
    'a filter that was never true',
    facts({
      rules: [
        ruleDiagnosis({ pattern: 'shop:*', filter: 'amount > 3' }, { filterEvaluations: 1234, filterRejections: 1234 }),
      ],
    }),
    ['FILTER_NEVER_TRUE'],
    ['filter: amount > 3', 'evaluated 1,234 times'],
  ],
  [
    'rings that could not be made',
    facts({
      statistics: {
        ...NO_STATISTICS,
        troubles: [
          'thread 1: no ring buffer for channel c: posix_fallocate: no space left on device (ENOSPC) (NO_RING)',
        ],
      },
    }),
    ['NO_RING'],
    ['ENOSPC'],
  ],
  [
    'shared memory that is refused',
    facts(
      {},
      {
        applications: [
          { ...APPLICATION, troubles: ['no ring buffer for channel c: memfd_create x: too many open files (EMFILE)'] },
        ],
      },
    ),
    ['SHARED_MEMORY_REFUSED'],
    ['process 10 (shop)', 'ringtail doctor'],
  ],
  [
    'everything discarded',
    facts(
      { statistics: { ...NO_STATISTICS, eventsDiscarded: 12 } },
      {
        session: sessionCalled('s', {
          channels: [{ ...DEFAULT_CHANNEL, subBufBytes: 4096, enabled: true, contexts: [], rules: [] }],
        }),
      },
    ),
    ['ALL_DISCARDED'],
    ['12 events', '4 sub-buffers of 4.0 KiB', '--subbuf-size='],
  ],
  [
    'a full disk',
    facts({ statistics: { ...NO_STATISTICS, troubles: ['disk full while writing /traces/s'] } }),
    ['DISK_FULL'],
    ['df /traces/s'],
  ],
  [
    'a consumer that is gone',
    facts({}, { daemon: { runDirectory: '/run/here', uid: 54321, consumerPid: null } }),
    ['CONSUMER_UNAVAILABLE'],
    ['/run/here/sessiond.log'],
  ],
  [
    'no application, and no program',
    facts(nobody, { threadsSeen: 0, applications: [], surroundings: SURROUNDINGS }),
    ['NO_APPLICATION'],
    ['the daemon serves /run/here', '--import @ringtail/tracer/register'],
  ],
  [
    'programs that lack the tracer',
    facts(nobody, {
      threadsSeen: 0,
      surroundings: { ...SURROUNDINGS, programs: [{ ...PROGRAM, uid: 54321, traced: false }] },
    }),
    ['NO_APPLICATION'],
    ['process 5 (app.js, user 54321) runs without the tracer'],
  ],
  [
    'a program at another daemon',
    facts(nobody, {
      threadsSeen: 0,
      surroundings: {
        ...SURROUNDINGS,
        programs: [{ ...PROGRAM, uid: 54321, traced: true }],
        otherDaemons: [{ runDirectory: '/run/there', uid: 54321, pids: [5] }],
      },
    }),
    ['OTHER_DAEMON', 'NO_APPLICATION'],
    ['process 5 (app.js, user 54321) is registered in /run/there', 'RINGTAIL_RUNDIR=/run/here'],
  ],
  [
    'programs of users whom the daemon does not serve',
    facts(nobody, {
      threadsSeen: 0,
      surroundings: { ...SURROUNDINGS, programs: [{ ...PROGRAM, uid: 54322, traced: null }] },
    }),
    ['OTHER_USER', 'NO_APPLICATION'],
    ['process 5 (app.js, user 54322) runs'],
  ],
];

describe('a session without events', () => {
  it.each(CASES)('because of %s says so', (_, given, codes, words) => {
    const findings = diagnoseSession(given);
    expect(findings.map(({ code }) => code)).toEqual(codes);
    const [first] = findings;
    const text = [first?.what, ...(first?.evidence ?? []), first?.nextStep].join('\n');
    for (const word of words) expect(text).toContain(word);
  });

  it('for several reasons names them in the order in which an event meets them', () => {
    const findings = diagnoseSession(
      facts({
        active: false,
        rules: [ruleDiagnosis({ pattern: 'x' }, { named: 0 })],
        statistics: { ...NO_STATISTICS, eventsDiscarded: 1 },
      }),
    );
    expect(findings.map(({ code }) => code)).toEqual(['NOT_STARTED', 'NO_MATCHING_TRACEPOINT', 'ALL_DISCARDED']);
    const text = describeFindings(styleFor({ isTTY: false }, {}), findings, 0);
    expect(text.slice(0, 3)).toEqual([
      'No events, for 3 reasons:',
      '  - the session is stopped',
      '      next: ringtail start s',
    ]);
  });

  it('is not one that has events', () => {
    expect(diagnoseSession(facts({ active: false, statistics: { ...NO_STATISTICS, eventsRecorded: 1 } }))).toEqual([]);
  });

  it('with events has rules that are likely mistakes, and no rules that wait for programs', () => {
    const none = { named: 0, notExcluded: 0, ofLogLevel: 0 };
    const found = diagnoseSession(
      facts({
        rules: [
          ruleDiagnosis({ pattern: 'shop:*' }),
          ruleDiagnosis({ pattern: 'shop:*', filter: 'amuont > 3' }),
          ruleDiagnosis({ pattern: 'shop:odrer' }, none),
          ruleDiagnosis({ pattern: 'shpo:*' }, none),
          ruleDiagnosis({ pattern: 'later:*' }, none),
          ruleDiagnosis({ pattern: 'shop:*', logLevel: { from: 0, to: 3 } }, { ofLogLevel: 0 }),
        ],
        statistics: { ...NO_STATISTICS, eventsRecorded: 1 },
      }),
    );
    // Of 'shpo:*' the near name is a rule of its own.
    expect(found.map(({ code, meant }) => [code, meant])).toEqual([
      ['FILTER_LACKS_FIELD', 'amount'],
      ['NO_MATCHING_TRACEPOINT', 'shop:order'],
    ]);
  });

  it('names events of the program before those of Node.js', () => {
    const [finding] = diagnoseSession(
      facts({
        rules: [ruleDiagnosis({ pattern: 'other:*' }, { named: 0 })],
        tracepointNames: ['node_http:request', 'shop:order', 'node_async:init'],
      }),
    );
    expect(finding?.evidence).toEqual(['seen: shop:order, node_async:init, node_http:request']);
  });

  it('has values that do not fit their fields, while the events are still in the rings and later', () => {
    const wrongValues = [{ event: 'a:b', field: 'n', fieldType: 'u8', first: 'a string', count: 2 }];
    for (const eventsRecorded of [0, 2]) {
      const [finding] = diagnoseSession(facts({ statistics: { ...NO_STATISTICS, eventsRecorded, wrongValues } }));
      expect(finding).toMatchObject({
        code: 'WRONG_VALUES',
        evidence: ['a:b: field n (u8): 2 values did not fit; the first was a string'],
      });
    }
  });

  it('is explained by programs that say why they are not recorded, not by their absence', () => {
    const troubles = ['process 5 (app.js) is not recorded: the tracer could not start (NO_TRACER)'];
    const statistics = { ...NO_STATISTICS, troubles };
    const found = diagnoseSession(
      facts({ ...nobody, statistics }, { threadsSeen: 0, applications: [], surroundings: SURROUNDINGS }),
    );
    expect(found.map(({ code, evidence }) => [code, evidence])).toEqual([['NOT_RECORDED', troubles]]);
  });
});

function absenceWith(surroundings: Partial<Surroundings>) {
  const found = diagnoseSession(
    facts(nobody, { threadsSeen: 0, applications: [], surroundings: { ...SURROUNDINGS, ...surroundings } }),
  );
  return { codes: found.map(({ code }) => code), ...found.at(-1) };
}

describe('programs that have not registered', () => {
  it.each<readonly [Partial<NodeProgram>, string]>([
    [{ mayRegister: 'preloaded' }, 'was started with the tracer, and may still be registering'],
    [{ mayRegister: 'young' }, 'runs without the tracer so far: it is new, and may still be registering'],
    [{ mayRegister: 'young', traced: true }, 'has the tracer, and may still be registering'],
    [{ runDirectory: '/run/here', traced: true }, 'has the tracer, and may still be registering'],
  ])('may still do so: %j', (program, words) => {
    const { codes, evidence, nextStep } = absenceWith({ programs: [{ ...PROGRAM, ...program }] });
    expect(codes).toEqual(['NO_APPLICATION']);
    expect(evidence).toContain(`process 5 (app.js, user 54321) ${words}`);
    expect(nextStep).toContain('run ringtail status again');
  });

  it('are listed with those first that name this daemon, and those last that name another', () => {
    const programs = [
      { ...PROGRAM, pid: 1, runDirectory: '/run/here' },
      { ...PROGRAM, pid: 2, mayRegister: 'preloaded' as const },
      ...Array.from({ length: 20 }, (_, index) => ({ ...PROGRAM, pid: 10 + index })),
      { ...PROGRAM, pid: 40, runDirectory: '/run/there' },
    ];
    const listed = absenceWith({ programs }).evidence?.map((line) => Number(/^process (\d+)/.exec(line)?.[1]));
    expect(listed?.slice(1, 5)).toEqual([1, 2, 29, 28]);
    expect(listed).not.toContain(40);
  });
});

describe('other session daemons', () => {
  const silent = Array.from({ length: 7 }, (_, index) => ({ runDirectory: `/run/${index}`, uid: null, pids: null }));
  const used = { runDirectory: '/run/there', uid: 54322, pids: [8, 9] };
  const idle = { runDirectory: '/run/idle', uid: 54321, pids: [] };
  const line = 'another session daemon, of user 54322, runs in /run/there, with 2 processes registered';

  it('are named where they have programs, and counted otherwise', () => {
    const { evidence } = absenceWith({ otherDaemons: [used, idle, ...silent] });
    expect(evidence?.slice(1)).toEqual([line, '8 other session daemons without programs, or without an answer']);
  });

  it('are named where they answer a command that finds no daemon of its own', () => {
    const { evidence } = diagnoseNoDaemon({ ...SURROUNDINGS, otherDaemons: [used, idle, ...silent] });
    expect(evidence).toEqual([
      line,
      'another session daemon, of user 54321, runs in /run/idle, with 0 processes registered',
      '7 other session daemons did not answer',
    ]);
  });
});

/** What a daemon says went wrong, and the code of the finding, also where other events were recorded. */
const PARTIAL: readonly (readonly [string, string])[] = [
  ['node: tracepoint a:"b" is refused: $.name: contains a quotation mark (BAD_TRACEPOINT)', 'TRACEPOINT_REFUSED'],
  ['process 5 (app.js) is not recorded: no control file: memfd_create (EPERM) (NO_TRACER)', 'SHARED_MEMORY_REFUSED'],
  ['process 5 (app.js) is not recorded: there are 16 applications already (REFUSED)', 'NOT_RECORDED'],
  ['process 5 (app.js) has closed descriptors of the tracer (DESCRIPTORS_CLOSED)', 'NOT_RECORDED'],
  ['/traces/s was removed (TRACE_REMOVED)', 'TRACE_REMOVED'],
  ['/traces/s: files were moved; they are in /traces/t (TRACE_MOVED)', 'TRACE_MOVED'],
  ['/traces/s/metadata was removed, and has been written again (TRACE_REPAIRED)', 'TRACE_REPAIRED'],
  ['cannot write /traces/s/channel0_0: EFBIG: file too large, write (NOT_WRITTEN)', 'NOT_WRITTEN'],
  ['disk full while writing /traces/s', 'DISK_FULL'],
  ['process 5 (app.js): its clock differs (CLOCK_DIFFERS)', 'CLOCK_DIFFERS'],
];

describe('a session with events', () => {
  it('names the options that forbid a program to load native addons', () => {
    const troubles = ['process 5 (app.js) is not recorded: koffi: loading addons is disabled (NO_TRACER)'];
    const [finding] = diagnoseSession(facts({ statistics: { ...NO_STATISTICS, eventsRecorded: 7, troubles } }));
    expect(finding?.nextStep).toContain('leave out --no-addons');
  });

  it.each([
    'the tracer has version 3 of the application protocol, the session daemon version 4: both need the same version of Ringtail',
    'the tracer has version 3 of the control file, the session daemon version 4: both need the same version of Ringtail',
  ])('names the versions where a program has another one: %s', (reason) => {
    const troubles = [`process 5 is not recorded: ${reason} (REFUSED)`];
    const found = diagnoseSession(facts({ statistics: { ...NO_STATISTICS, eventsRecorded: 7, troubles } }));
    expect(found).toMatchObject([{ code: 'NOT_RECORDED', what: expect.stringContaining('another version') }]);
    expect(found[0]?.nextStep).toContain('install the same version of Ringtail');
  });

  it.each([
    ['no control file: EFBIG: file too large, ftruncate', 'ulimit -f unlimited'],
    [
      'only 35 of 54 file descriptors are left, and tracing needs 36 beside the program: raise ulimit -n',
      'ulimit -n 4096',
    ],
  ])('names the limit that a program has met: %s', (reason, step) => {
    const troubles = [`process 5 (app.js) is not recorded: ${reason} (NO_TRACER)`];
    const [finding] = diagnoseSession(facts({ statistics: { ...NO_STATISTICS, eventsRecorded: 7, troubles } }));
    expect(finding?.nextStep).toContain(`start the program with`);
    expect(finding?.nextStep).toContain(step);
  });

  it.each(PARTIAL)('says that not everything was recorded: %s', (trouble, code) => {
    const statistics = { ...NO_STATISTICS, eventsRecorded: 7, troubles: [trouble] };
    const findings = diagnoseSession(facts({ statistics }));
    expect(findings.map((finding) => [finding.code, finding.evidence])).toEqual([[code, [trouble]]]);
    expect(describeFindings(styleFor({ isTTY: false }, {}), findings, 7)[0]).toBe(
      'Not everything was recorded, for 1 reason:',
    );
  });
});
