/**
 * Many applications at one session daemon: time of a listing and of a change for all, and memory of the daemon.
 *
 * `RINGTAIL_TEST_APPLICATIONS=1000` is the number on a busy host. `RINGTAIL_TEST_PROGRAMS=1000` makes each a different
 * program. Times are printed and not checked.
 */
import { join } from 'node:path';
import { DEFAULT_SESSION, type TracepointDescription } from '@ringtail/protocol';
import { expect, it, onTestFinished } from 'vitest';
import { FakeApplication } from '../../packages/sessiond/src/testing/fake-application.test.support.ts';
import { TestDaemon } from '../../packages/sessiond/src/testing/test-daemon.test.support.ts';
import { makeSandbox, ringtail } from './harness.ts';

const APPLICATIONS = Number(process.env.RINGTAIL_TEST_APPLICATIONS ?? 200);
const TRACEPOINTS = 100;
/** Different programs among them. */
const PROGRAMS = Number(process.env.RINGTAIL_TEST_PROGRAMS ?? 10);

/** Tracepoints of one of several programs; processes of one program have the same. */
function tracepointsOf(program: number): TracepointDescription[] {
  return Array.from({ length: TRACEPOINTS }, (_, idx) => ({
    name: `shop${program}:event_${idx}`,
    logLevel: 6,
    fields: [
      { name: 'id', spec: { kind: 'integer', signed: false, bits: 32, base: 10 } },
      { name: 'name', spec: { kind: 'string' } },
      { name: 'price', spec: { kind: 'float', bits: 64 } },
    ],
  }));
}

it(`lists ${APPLICATIONS} applications with ${TRACEPOINTS} tracepoints each, and reaches all of them`, {
  timeout: 300_000,
}, async () => {
  const daemon = new TestDaemon();
  const applications: FakeApplication[] = [];
  onTestFinished(async () => {
    for (const application of applications) application.close();
    await daemon.dispose();
  });
  await daemon.start();
  const client = await daemon.client();
  const memoryBytes = async () => (await client.ask('daemon-status', {})).memoryBytes;
  const alone = await memoryBytes();

  const registering = stopwatch();
  for (let idx = 0; idx < APPLICATIONS; idx++) {
    const pid = 100_000 + idx;
    const application = await FakeApplication.registered(daemon.directory.appSocket, { pid, tid: pid });
    applications.push(application);
    application.send({ type: 'tracepoints', tracepoints: tracepointsOf(idx % PROGRAMS) });
  }
  const registeredMs = registering();
  await expect.poll(async () => (await client.ask('daemon-status', {})).applications).toBe(APPLICATIONS);
  const registered = await memoryBytes();

  await client.ask('list-instrumentation', { fields: true });
  const listing = stopwatch();
  const { applications: listed, tracepointLists } = await client.ask('list-instrumentation', { fields: true });
  const listedMs = listing();
  expect(listed.map(({ tracepoints }) => tracepoints)).toEqual(applications.map((_, idx) => idx % PROGRAMS));
  expect(tracepointLists).toEqual(Array.from({ length: PROGRAMS }, (_, program) => tracepointsOf(program)));
  const sandbox = makeSandbox();
  const telling = stopwatch();
  const told = await ringtail(sandbox, ['list', '-u'], { RINGTAIL_RUNDIR: daemon.directory.path });
  const commandMs = telling();
  expect([told.stderr, told.stdout.match(/ shop\d+:event_\d+ /g)?.length]).toEqual(['', APPLICATIONS * TRACEPOINTS]);

  await client.ask('create-session', { name: 's', output: join(daemon.parent, 's'), ...DEFAULT_SESSION });
  await client.ask('enable-event', { session: 's', channel: null, rule: { pattern: 'shop*' } });
  const starting = stopwatch();
  await client.ask('start-session', { session: 's' });
  const startedMs = starting();
  for (const application of applications) expect(application.state()?.channels).toHaveLength(1);
  const changing = stopwatch();
  await client.ask('enable-event', { session: 's', channel: null, rule: { pattern: 'other:*' } });
  await expect
    .poll(() => applications.every((application) => application.state()?.channels[0]?.rules.length === 2), {
      interval: 1,
    })
    .toBe(true);
  const changedMs = changing();
  const withAll = await memoryBytes();

  expect(await client.ask('session-diagnosis', { session: 's' })).toMatchObject({ threadsSeen: APPLICATIONS });
  for (const application of applications) application.close();
  await expect.poll(async () => (await client.ask('daemon-status', {})).applications).toBe(0);
  const figures = {
    applications: APPLICATIONS,
    programs: PROGRAMS,
    answerMiB: mebibytes(Buffer.byteLength(JSON.stringify({ listed, tracepointLists }))),
    registeredMs,
    listedMs,
    commandMs,
    startedMs,
    changedMs,
    daemonAloneMiB: mebibytes(alone),
    daemonWithAllMiB: mebibytes(registered),
    daemonAfterListingMiB: mebibytes(withAll),
  };
  process.stdout.write(`many applications: ${JSON.stringify(figures)}\n`);
});

function stopwatch(): () => number {
  const since = performance.now();
  return () => Math.round(performance.now() - since);
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
