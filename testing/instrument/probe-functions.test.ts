import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ringtail, succeed, until } from '../e2e/harness.ts';
import { canEdit, does, eventsAfterEnd, startedSession, startProgram, untilHit, untilStatusSays } from './probed.ts';

const CALLED = fileURLToPath(new URL('programs/called.cjs', import.meta.url));
/** Line of `const change` in it. */
const CHANGE = `${CALLED}:14`;

/** Fields of an event without those of all events. */
const ownFields = (fields = '') => fields.replace(/^\{[^}]*\}, /, '');

it.runIf(canEdit)('a function has events of its begin and its end, with arguments, results and errors', async () => {
  const { sandbox, trace } = await startedSession();
  const running = await startProgram(sandbox, CALLED);
  const placeOfError = await does(running, 'fail');
  await succeed(sandbox, 'enable-event', '--function', 'Cart.prototype.add', '-c', 'c', 'add');
  expect(await succeed(sandbox, 'list', 's')).toContain(
    'probe:add_* (type: function Cart.prototype.add) [captures: arguments, result]',
  );
  await untilHit(sandbox, running, 'add 5');
  await succeed(sandbox, 'enable-event', '--function', 'called.cjs:Cart.prototype.pay', '-c', 'c', 'pay');
  await untilHit(sandbox, running, 'pay 3');
  expect(await does(running, 'fail')).toBe(placeOfError);
  expect(await does(running, 'pay 0')).toBe('nothing_to_pay');
  expect(await does(running, 'text')).toBe('edited');
  for (const pattern of ['probe:add_*', 'probe:pay_*']) {
    await succeed(sandbox, 'disable-event', '-u', '-c', 'c', pattern);
  }
  await until(async () => (await does(running, 'text')) === 'original');
  running.process.stdin?.end();
  expect([(await running.ended).code, (await running.ended).stderr]).toEqual([0, '']);
  await ringtail(sandbox, ['destroy', 's']);
  // Without babeltrace2 2.0.4, which prints an empty text that follows another as that one.
  const lines = (await succeed(sandbox, 'view', trace)).split('\n');
  const events = lines.flatMap((line) => {
    const [, name = '', fields = ''] = /(probe:\w+): (.*)$/.exec(line) ?? [];
    return name === '' ? [] : [{ name, fields }];
  });
  const texts = (wanted: string) =>
    events
      .filter(({ name }) => name === wanted)
      .map(({ fields }) => ownFields(fields).replaceAll(/(call_id|duration_ns) = (\d+)/g, '$1 = N'));
  expect(new Set(texts('probe:add_begin'))).toEqual(
    new Set([
      '{ call_id = N, skipped = 0, arguments = "{ item: { price: 5 }, password: <left out> }" }',
      '{ call_id = N, skipped = 0, arguments = "{ item: { price: -1 }, password: <left out> }" }',
    ]),
  );
  expect(texts('probe:add_end').at(-1)).toBe(
    '{ call_id = N, duration_ns = N, result = "", error = "<negative price>" }',
  );
  expect(texts('probe:add_end')[0]).toMatch(/result = "\{ count: \d, password: <left out> \}", error = ""/);
  expect(new Set(texts('probe:pay_end'))).toEqual(
    new Set([
      String.raw`{ call_id = N, duration_ns = N, result = "[3, { of: \"copper\" }]", error = "" }`,
      '{ call_id = N, duration_ns = N, result = "", error = "<nothing to pay>" }',
    ]),
  );
  const ids = (kind: string) =>
    events.filter(({ name }) => name.endsWith(kind)).map(({ fields }) => /call_id = (\d+)/.exec(fields)?.[1]);
  expect(new Set(ids('_end'))).toEqual(new Set(ids('_begin')));
});

it.runIf(!canEdit)('a function has events of its begin alone where code cannot be edited, and says so', async () => {
  const { sandbox, trace } = await startedSession();
  const running = await startProgram(sandbox, CALLED);
  await succeed(sandbox, 'enable-event', '--function', 'Cart.prototype.add', '-c', 'c', 'add');
  await untilHit(sandbox, running, 'add 5');
  await untilStatusSays(sandbox, /probe:add_\* is a breakpoint, whose hits cost about 0.1 ms and have no end: this/);
  const events = await eventsAfterEnd(sandbox, trace, running);
  expect(new Set(events.map(({ name }) => name))).toEqual(new Set(['probe:add_begin']));
  expect(events[0]?.fields).toContain('arguments = "{ item: { price: 5 }, password: <left out> }"');
});

it('a function is found in files that are loaded later, and is waited for', async () => {
  const { sandbox } = await startedSession();
  const running = await startProgram(sandbox, CALLED);
  await succeed(sandbox, 'enable-event', '--function', 'calledLater', '-c', 'c', 'late');
  await succeed(sandbox, 'enable-event', '--function', 'called.cjs:none', '-c', 'c', 'none');
  await untilStatusSays(sandbox, /probe:late_\* waits: the program has loaded no function calledLater/);
  await untilStatusSays(sandbox, /probe:none_\* is not in .*called.cjs: it has no function none/);
  await does(running, 'load-later');
  await untilHit(sandbox, running, 'later');
  running.process.stdin?.end();
  await running.ended;
});

it('a probe records all variables of its function, within limits', async () => {
  const { sandbox, trace } = await startedSession();
  const running = await startProgram(sandbox, CALLED);
  const enable = (name: string, ...options: string[]) =>
    succeed(sandbox, 'enable-event', '--probe', CHANGE, '--capture-locals', ...options, '-c', 'c', name);
  await enable('before');
  expect(await succeed(sandbox, 'list', 's')).toMatch(/probe:before \(type: probe .*:14\) \[captures: locals\]/);
  await untilHit(sandbox, running, 'pay 3');
  const after = `${CALLED}:15`;
  const options = ['--capture', 'amount', '--capture-locals', '--capture-depth', '1', '--capture-length', '40'];
  await succeed(sandbox, 'enable-event', '--probe', after, ...options, '-c', 'c', 'after');
  await until(async () => {
    await does(running, 'pay 4');
    return /probe:after/.test((await ringtail(sandbox, ['view'])).stdout);
  });
  const events = await eventsAfterEnd(sandbox, trace, running);
  const last = (wanted: string) => ownFields(events.filter(({ name }) => name === wanted).at(-1)?.fields);
  expect(last('probe:before')).toBe('{ skipped = 0, locals = "{ amount: 4 }" }');
  expect(last('probe:after')).toBe(
    '{ skipped = 0, amount = "4", locals = "{ change: { coins: […], password: <left …" }',
  );
});

it.each([
  [['--function', 'a b'], 'names no function'],
  [['--function', 'src/cart.js'], 'names no function'],
  [['--function', 'f', '--probe', 'a.js:1'], 'give either --probe or --function'],
  [['--function', 'f', '--capture', 'a'], 'go with --probe'],
  [['--probe', 'a.js:1', '--capture-locals', '--capture-depth', '9'], 'depth must be'],
  [['--probe', 'a.js:1', '--capture-length', 'x'], '--capture-length needs a number'],
  [['-u', '--capture-locals'], 'go with --probe or --function'],
])('%j is refused', async (words, message) => {
  const { sandbox } = await startedSession();
  const ended = await ringtail(sandbox, ['enable-event', 'p', ...words]);
  expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining(message)]);
});
