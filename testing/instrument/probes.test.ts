import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { eventsOf, type Running, ringtail, type Sandbox, sandboxWithDaemon, succeed, until } from '../e2e/harness.ts';
import { startedSession, startProgram, untilRecorded, untilStatusSays } from './probed.ts';

const PROGRAM = fileURLToPath(new URL('programs/cart.cjs', import.meta.url));
/** Line of `this.items.push(item)`. */
const PUSH = `${PROGRAM}:6`;

const startCart = (sandbox: Sandbox, ...options: string[]) => startProgram(sandbox, PROGRAM, ...options);

async function answers(running: Running, pattern: RegExp): Promise<void> {
  await until(async () => {
    const { length } = running.stdout;
    running.process.stdin?.write('\n');
    await until(() => running.stdout.length > length);
    return pattern.test(running.stdout.slice(length));
  });
}

it('a probe records values of a running program, and leaves no trace in it when it is disabled', async () => {
  const { sandbox, trace } = await startedSession();
  const running = await startCart(sandbox);
  const captures = 'user.id, n = this.items.length, user, absent.x';
  await succeed(sandbox, 'enable-event', '--probe', PUSH, '--capture', captures, '-c', 'c', 'cart_add');
  await untilRecorded(sandbox);
  expect(await succeed(sandbox, 'list', 's')).toContain(
    `probe:cart_add (type: probe ${PUSH}) [captures: user_id = user.id`,
  );
  await succeed(sandbox, 'disable-event', '-u', '-c', 'c', 'probe:cart_add');
  await answers(running, /original 0/);
  running.process.stdin?.end();
  const ended = await running.ended;
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  await ringtail(sandbox, ['destroy', 's']);
  const events = eventsOf(sandbox, trace);
  expect(new Set(events.map(({ name }) => name))).toEqual(new Set(['probe:cart_add']));
  for (const { fields } of events) {
    expect(fields).toMatch(/skipped = 0, user_id = "(\d+)", n = "[0-3]", user = "\{ id: \1, password: <left out> \}"/);
    expect(fields).toContain('absent_x = "<absent is not defined>"');
  }
});

it('a probe is placed in programs that start later, and in saved sessions that are loaded', async () => {
  const { sandbox } = await startedSession();
  await succeed(sandbox, 'enable-event', '--probe', 'programs/cart.cjs:6', '-c', 'c', 'late');
  await succeed(sandbox, 'save', 's');
  await ringtail(sandbox, ['destroy', 's']);
  await succeed(sandbox, 'load', 's');
  expect(await succeed(sandbox, 'list', 's')).toContain('probe:late (type: probe programs/cart.cjs:6)');
  const running = await startCart(sandbox);
  await untilRecorded(sandbox);
  running.process.stdin?.end();
  await running.ended;
});

it('a probe that cannot be placed says why', async () => {
  const { sandbox } = await startedSession();
  const running = await startCart(sandbox);
  const enable = (name: string, ...words: string[]) => succeed(sandbox, 'enable-event', '-c', 'c', name, ...words);
  await enable('nowhere', '--probe', `${PROGRAM}:8`);
  await enable('effect', '--probe', PUSH, '--capture', 'this.touched');
  await enable('unloaded', '--probe', 'other.js:1');
  await untilStatusSays(sandbox, /probe:nowhere is not in .*: no statement begins on line 8; the next one begins on/);
  await untilStatusSays(sandbox, /probe:effect is switched off: the capture this.touched has side effects/);
  await untilStatusSays(sandbox, /probe:unloaded waits: the program has loaded no file other.js/);
  await answers(running, /original 0/);
  running.process.stdin?.end();
  await running.ended;
});

it('a program that a debugger can be attached to, or without the instruments, has no probes and says so', async () => {
  const { sandbox } = await startedSession();
  await succeed(sandbox, 'enable-event', '--probe', PUSH, '-c', 'c', 'p');
  const inspected = await startCart(sandbox, '--inspect=127.0.0.1:0');
  await untilStatusSays(sandbox, /no probes: a debugger can be attached to it/);
  const plain = { ...sandbox, env: { ...sandbox.env, RINGTAIL_INSTRUMENT: '0' } };
  const without = await startCart(plain);
  await untilStatusSays(sandbox, /no probes: they need @ringtail\/instrument/);
  for (const { process, ended } of [inspected, without]) {
    process.stdin?.end();
    await ended;
  }
});

it.each([
  [['--probe', 'x'], 'is no place in a program'],
  [['--probe', 'a.js:1', '--capture', 'f()'], 'cannot call or change anything'],
  [['--probe', 'a.js:1', '--capture', 'user.password'], 'never recorded'],
  [['--probe', 'a.js:1', '--expire', '0'], '--expire needs a time'],
  [['-u', '--capture', 'a'], 'go with --probe'],
])('%j is refused', async (words, message) => {
  const sandbox = sandboxWithDaemon();
  const ended = await ringtail(sandbox, ['enable-event', 'p', ...words]);
  expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining(message)]);
});
