import { expect, it } from 'vitest';
import { ringtail, succeed, until } from '../e2e/harness.ts';
import {
  canEdit,
  DAY_MS,
  does,
  eventsAfterEnd,
  IDENTIFIERS,
  PROBED,
  SERVE,
  STEP,
  startedSession,
  startProgram,
  untilHit,
  untilStatusSays,
  untilText,
  WITH_CLOCK,
} from './probed.ts';

it.runIf(canEdit)('a probe waits as a breakpoint while its function is suspended, and is then edited in', async () => {
  const { sandbox, trace } = await startedSession();
  const running = await startProgram(sandbox, PROBED);
  await succeed(sandbox, 'enable-event', '--probe', SERVE, '--capture', 'order', '-c', 'c', 'serve');
  await does(running, 'suspend');
  await untilHit(sandbox, running, 'serve 1');
  await untilHit(sandbox, running, 'serve 1');
  expect(await does(running, 'text')).toBe('original');
  await does(running, 'resume');
  await untilText(running, 'edited');
  await does(running, 'serve 3');
  const orders = (await eventsAfterEnd(sandbox, trace, running)).map(({ fields }) => /order = "\d"/.exec(fields)?.[0]);
  expect(orders.slice(-3)).toEqual(['order = "0"', 'order = "1"', 'order = "2"']);
});

it.runIf(canEdit).each([
  ['async function', SERVE, 'serve 1', 'suspend', 'resume'],
  ['generator', IDENTIFIERS, 'next', 'next', 'end'],
])('a suspended %s keeps a call that does nothing, until it has gone on', async (_, place, hit, suspend, resume) => {
  const { sandbox, trace } = await startedSession();
  const running = await startProgram(sandbox, PROBED);
  await succeed(sandbox, 'enable-event', '--probe', place, '-c', 'c', 'p');
  await untilHit(sandbox, running, hit);
  if (hit === 'next') await does(running, 'end');
  await untilText(running, 'edited');
  await does(running, suspend);
  await succeed(sandbox, 'disable-event', '-u', '-c', 'c', 'probe:p');
  await succeed(sandbox, 'enable-event', '--probe', STEP, '-c', 'c', 'later');
  await untilHit(sandbox, running, 'step 1');
  const before = await does(running, 'text');
  await does(running, hit);
  await does(running, resume);
  await succeed(sandbox, 'disable-event', '-u', '-c', 'c', 'probe:later');
  await untilText(running, 'original');
  const events = await eventsAfterEnd(sandbox, trace, running);
  expect([before, new Set(events.map(({ name }) => name))]).toEqual(['edited', new Set(['probe:p', 'probe:later'])]);
  const last = events.findIndex(({ name }) => name === 'probe:later');
  expect(events.slice(last).map(({ name }) => name)).not.toContain('probe:p');
});

it('a probe is placed each time that it is enabled', async () => {
  const { sandbox } = await startedSession();
  const running = await startProgram(sandbox, PROBED);
  // V8 keeps the texts of four edits a turn as scripts, and a probe is in at most 16 places.
  for (let turn = 0; turn < 6; turn++) {
    await succeed(sandbox, 'enable-event', '--probe', STEP, '-c', 'c', 'step');
    await untilHit(sandbox, running, 'step 1');
    if (canEdit) await untilText(running, 'edited');
    expect(await does(running, 'hooks')).toBe('1');
    await succeed(sandbox, 'disable-event', '-u', '-c', 'c', 'probe:step');
    await until(async () => (await does(running, 'hooks')) === '0');
    await untilText(running, 'original');
  }
  running.process.stdin?.end();
  await running.ended;
});

it('a probe is in the worker threads of a program too, each with its own hits', async () => {
  const { sandbox, trace } = await startedSession();
  const running = await startProgram(sandbox, PROBED);
  await does(running, 'worker');
  await succeed(sandbox, 'enable-event', '--probe', STEP, '--capture', 'threadId', '-c', 'c', 'step');
  await untilHit(sandbox, running, 'worker-step 1');
  await untilHit(sandbox, running, 'step 1');
  await does(running, 'worker');
  await untilHit(sandbox, running, 'worker-step 1');
  await does(running, 'terminate');
  const events = await eventsAfterEnd(sandbox, trace, running);
  const threads = new Set(events.map(({ fields }) => /threadId = "(\d)"/.exec(fields)?.[1]));
  expect(threads).toEqual(new Set(['0', '1', '2']));
});

it('a probe is not in code of a context of node:vm, and says so', async () => {
  const { sandbox, trace } = await startedSession();
  const running = await startProgram(sandbox, PROBED);
  await succeed(sandbox, 'enable-event', '--probe', 'in-vm/context.js:2', '-c', 'c', 'inside');
  await succeed(sandbox, 'enable-event', '--probe', 'in-vm/this.js:2', '-c', 'c', 'here');
  await does(running, 'vm');
  await untilStatusSays(
    sandbox,
    /probe:inside is not in \/in-vm\/context.js: .* a context of node:vm, which has no pr/,
  );
  await untilHit(sandbox, running, 'vm-this');
  expect(await does(running, 'vm')).toBe('1');
  const events = await eventsAfterEnd(sandbox, trace, running);
  expect(new Set(events.map(({ name }) => name))).toEqual(new Set(['probe:here']));
});

it('two sessions probe one line, each with its captures, until its own end', async () => {
  const { sandbox, trace } = await startedSession();
  await succeed(sandbox, 'create', 'other', '-o', `${sandbox.directory}/other`);
  await succeed(sandbox, 'enable-channel', '-u', '-s', 'other', 'c');
  await succeed(sandbox, 'start', 'other');
  const running = await startProgram(sandbox, PROBED);
  const probe = (session: string, name: string, capture: string) =>
    succeed(sandbox, 'enable-event', '--probe', STEP, '--capture', capture, '-s', session, '-c', 'c', name);
  await probe('s', 'shared', 'index');
  await probe('other', 'shared', 'index');
  await probe('other', 'own', 'total');
  await succeed(sandbox, 'set-session', 's');
  await untilHit(sandbox, running, 'step 1');
  await succeed(sandbox, 'set-session', 'other');
  await untilHit(sandbox, running, 'step 1');
  if (canEdit) await untilText(running, 'edited');
  // It warns where a hit costs a breakpoint.
  expect((await ringtail(sandbox, ['destroy', 'other'])).code).toBe(0);
  await succeed(sandbox, 'set-session', 's');
  await untilHit(sandbox, running, 'step 1');
  expect(await does(running, 'text')).toBe(canEdit ? 'edited' : 'original');
  const events = await eventsAfterEnd(sandbox, trace, running);
  expect(new Set(events.map(({ name }) => name))).toEqual(new Set(['probe:shared']));
  expect(await succeed(sandbox, 'view', `${sandbox.directory}/other`)).toMatch(/probe:shared[\s\S]*probe:own/);
});

it('a program that opens its inspector goes on past the lines of probes, without them', async () => {
  const { sandbox, trace } = await startedSession();
  const running = await startProgram(sandbox, PROBED);
  await succeed(sandbox, 'enable-event', '--probe', STEP, '-c', 'c', 'step');
  await untilHit(sandbox, running, 'step 1');
  await succeed(sandbox, 'enable-event', '--probe', SERVE, '-c', 'c', 'serve');
  await succeed(sandbox, 'enable-event', '--probe', 'no/such/file.js:1', '-c', 'c', 'placed_after_the_one_before');
  await untilStatusSays(sandbox, /placed_after_the_one_before waits/);
  await does(running, 'debug');
  expect(await does(running, 'serve 1')).toBe('done');
  await untilStatusSays(sandbox, /has no probes any more: a debugger can be attached to it/);
  await untilText(running, 'original');
  // At its end, Node.js would wait for the debugger.
  running.kill('SIGKILL');
  await running.ended;
  await ringtail(sandbox, ['destroy', 's']);
  expect(await succeed(sandbox, 'view', trace)).not.toContain('probe:serve');
});

it('the workers of a program that is started for a debugger have no probes', async () => {
  const { sandbox } = await startedSession();
  await succeed(sandbox, 'enable-event', '--probe', STEP, '-c', 'c', 'step');
  const running = await startProgram(sandbox, PROBED, '--inspect=127.0.0.1:0');
  await does(running, 'worker');
  expect(await does(running, 'worker-step 1')).toBe('done');
  running.process.stdin?.end();
  await running.ended;
  expect(await succeed(sandbox, 'status')).toMatch(/Recorded events: +0/);
});

it('a program that replaces timers and dates has probes as others have', async () => {
  const { sandbox } = await startedSession();
  const running = await startProgram(sandbox, PROBED, ...WITH_CLOCK);
  await does(running, 'fake-time');
  await succeed(sandbox, 'enable-event', '--probe', STEP, '-c', 'c', 'step');
  await untilHit(sandbox, running, 'step 1');
  if (canEdit) await untilText(running, 'edited');
  await does(running, `advance-clock ${DAY_MS}`);
  await until(async () => (await does(running, 'hooks')) === '0');
  await untilText(running, 'original');
  running.process.stdin?.end();
  await running.ended;
});
