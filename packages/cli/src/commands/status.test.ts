import { NO_STATISTICS, type SessionDiagnosis } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { run } from '../cli.ts';
import { writeCurrentSession } from '../session/current-session.ts';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { type Answers, fakeDaemon, Refusal, sessionCalled } from '../testing/fake-daemon.test.support.ts';

const DIAGNOSIS: SessionDiagnosis = {
  active: false,
  startedOnce: false,
  threadsSeen: 1,
  threadsRegistered: 1,
  threadsOfOwner: 1,
  threadsUntracked: 0,
  rules: [],
  rulesNotCompared: 0,
  tracepointNames: ['shop:order'],
  channelsDisabled: [],
  statistics: NO_STATISTICS,
};

const DAEMON = {
  pid: 12,
  version: '1.2.3',
  runDirectory: '/run/ringtail',
  missingGroup: null,
  startedAt: '2026-02-03T04:00:00.000Z',
  consumerPid: 13,
  consumerRestarts: 2,
  consumers: [{ uid: 0, pid: 13, restarts: 2, hangs: 0 }],
  applications: 4,
  sessions: 1,
  memoryBytes: 64 * 1024 * 1024,
};

async function world(answers: Answers) {
  const context = fakeContext({ now: () => new Date('2026-02-03T04:05:06.000Z') });
  writeCurrentSession(context, 's');
  const daemon = await fakeDaemon(context, {
    'list-sessions': () => [sessionCalled('s')],
    'session-statistics': () => NO_STATISTICS,
    'session-memory': () => [],
    'daemon-status': () => DAEMON,
    'list-instrumentation': () => ({ applications: [], tracepointLists: [], events: [] }),
    ...answers,
  });
  return { context, daemon };
}

describe('status', () => {
  it('of a session without events says why, for people and for programs', async () => {
    const { context } = await world({ 'session-diagnosis': () => DIAGNOSIS });
    expect(await run(['status'], context)).toEqual({ code: 0 });
    expect(context.output()).toContain('No events, for 2 reasons:\n  - the session was not started\n');
    const again = await world({ 'session-diagnosis': () => DIAGNOSIS });
    await run(['list', 's', '--output-format=json'], again.context);
    const { findings } = JSON.parse(again.context.output()) as { findings: { code: string }[] };
    expect(findings.map(({ code }) => code)).toEqual(['NOT_STARTED', 'NO_RULE']);
  });

  it('of a session with events, of a daemon that cannot compare its rules, gives no reasons', async () => {
    const { context } = await world({ 'session-statistics': () => ({ ...NO_STATISTICS, eventsRecorded: 3 }) });
    await run(['status', '--output-format=json'], context);
    expect(JSON.parse(context.output())).toMatchObject({ statistics: { eventsRecorded: 3 }, findings: [] });
  });

  it('of a session whose events were in rings shows them as the drained rings do', async () => {
    const statistics = { ...NO_STATISTICS, eventsRecorded: 60 };
    const { context } = await world({ 'session-diagnosis': () => ({ ...DIAGNOSIS, active: true, statistics }) });
    await run(['list', 's', '--output-format=json'], context);
    expect(JSON.parse(context.output())).toMatchObject({ statistics: { eventsRecorded: 60 }, findings: [] });
  });

  it('of a daemon that cannot say is what it was before', async () => {
    const { context } = await world({});
    expect(await run(['status', '--output-format=json'], context)).toEqual({ code: 0 });
    expect(JSON.parse(context.output())).toMatchObject({ command: 'list-session', findings: null });
  });

  it('tells that there is no consumer among the reasons', async () => {
    const { context } = await world({
      'session-statistics': () => {
        throw new Refusal('CONSUMER_UNAVAILABLE', 'the consumer daemon cannot be started: it is broken');
      },
      'session-diagnosis': () => ({
        ...DIAGNOSIS,
        active: true,
        statistics: { ...NO_STATISTICS, troubles: ['the consumer daemon cannot be started: it is broken'] },
      }),
      'daemon-status': () => ({ ...DAEMON, consumerPid: null }),
    });
    expect(await run(['status', '--output-format=json'], context)).toEqual({ code: 0 });
    const { findings } = JSON.parse(context.output()) as { findings: { code: string; evidence: string[] }[] };
    expect(findings.filter(({ code }) => code === 'CONSUMER_UNAVAILABLE')).toMatchObject([
      { evidence: ['the consumer daemon cannot be started: it is broken'] },
    ]);
  });

  it('without a daemon says where it looked', async () => {
    const context = fakeContext();
    writeCurrentSession(context, 's');
    expect(await run(['status', '--output-format=json'], context)).toEqual({ code: 1 });
    const { error } = JSON.parse(context.errors()) as { error: { code: string; findings: { evidence: string[] }[] } };
    expect(error.code).toBe('NO_DAEMON');
    expect(error.findings[0]?.evidence).toContain(`looked at ${context.env.RINGTAIL_RUNDIR}: it does not exist`);
  });

  it('--daemon describes the daemon', async () => {
    const { context } = await world({});
    expect(await run(['status', '--daemon'], context)).toEqual({ code: 0 });
    expect(context.output()).toContain('Session daemon /run/ringtail: [running]\n');
    expect(context.output()).toMatch(/Up for: +5 min 06 s/);
    expect(context.output()).toMatch(/Consumer: +process 13, started again 2 times/);
    const again = await world({});
    await run(['status', '--daemon', '--output-format=json'], again.context);
    expect(JSON.parse(again.context.output())).toEqual({ command: 'daemon-status', ...DAEMON, uptimeSeconds: 306 });
    const mi = await world({});
    expect(await run(['--mi=xml', 'status', '--daemon'], mi.context)).toEqual({ code: 1 });
    expect(mi.context.errors()).toContain('--output-format=json');
  });
});
