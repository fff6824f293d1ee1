/** Values that do not fit their fields: the trace, the summary, status, JSON and metrics. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  eventsOf,
  makeSandbox,
  program,
  record,
  resultOf,
  ringtail,
  sandboxWithDaemon,
  startNode,
  succeed,
} from './harness.ts';

const node = process.execPath;
const app = program('wrong-values.mjs');

const WRONG = [
  { event: 'shop:ok', field: 'id', fieldType: 'u32', first: 'an object', count: 3 },
  { event: 'shop:ok', field: 'who', fieldType: 'str', first: 'undefined', count: 2 },
  { event: 'shop:sizes', field: 'level', fieldType: 'i32', first: 'a number with a fraction', count: 2 },
  { event: 'shop:sizes', field: 'bytes[]', fieldType: 'u8', first: 'a number above the range', count: 1 },
];
const SENTENCES = [
  'shop:ok: field id (u32): 3 values did not fit; the first was an object',
  'shop:ok: field who (str): 2 values did not fit; the first was undefined',
  'shop:sizes: field level (i32): 2 values did not fit; the first was a number with a fraction',
  'shop:sizes: field bytes[] (u8): 1 value did not fit; it was a number above the range',
];

it('wrong values are recorded as C converts them, and the summary names each field', async () => {
  const sandbox = makeSandbox();
  const { summary, trace } = await record(sandbox, [node, app]);
  expect(summary).toMatchObject({ eventsRecorded: 6, eventsFailed: 1, wrongValues: WRONG });
  expect(eventsOf(sandbox, trace).map(({ fields }) => fields.replace(/^.*?\}, /, ''))).toEqual([
    '{ id = 1, who = "right" }',
    '{ id = 0, who = "undefined" }',
    '{ id = 0, who = "ann" }',
    '{ id = 4294967295, who = "7" }',
    '{ level = 1, _bytes_length = 3, bytes = [ [0] = 1, [1] = 44, [2] = 255 ] }',
    '{ level = -1, _bytes_length = 1, bytes = [ [0] = 0 ] }',
  ]);
  const { stderr } = await ringtail(sandbox, ['record', '-o', join(sandbox.directory, 'again'), node, app]);
  for (const sentence of SENTENCES) expect(stderr).toContain(`warning: ${sentence}\n`);
});

it.each([
  ['a program that kills itself', 'killed', 1],
  ['a worker thread', 'threads', 2],
])('wrong values of %s are counted', async (_, mode, times) => {
  const { summary } = await record(makeSandbox(), [node, app, mode]);
  expect(summary).toMatchObject({ wrongValues: WRONG.map((wrong) => ({ ...wrong, count: wrong.count * times })) });
});

it('wrong values of arguments and contexts are in status, its JSON and the statistics while a program runs', async () => {
  const sandbox = sandboxWithDaemon();
  await succeed(sandbox, 'create', 's', '-o', join(sandbox.directory, 'trace'));
  await succeed(sandbox, 'enable-event', '-u', 'shop:*');
  await succeed(sandbox, 'add-context', '-u', '-t', '$app.shop:tenant');
  await succeed(sandbox, 'start');
  const running = startNode(sandbox, [app, 'waits']);
  await running.says(/ready/);
  const context = {
    event: 'shop:sizes',
    field: '_app_shop_tenant',
    fieldType: 'context',
    first: 'an object',
    count: 1,
  };
  const status = await resultOf<{ statistics: { wrongValues: unknown[] }; findings: { code: string }[] }>(
    sandbox,
    'status',
  );
  expect(status.statistics.wrongValues).toEqual(expect.arrayContaining([...WRONG, context]));
  expect(status.statistics.wrongValues).toHaveLength(5);
  expect(status.findings.map(({ code }) => code)).toEqual(['WRONG_VALUES']);
  const text = await succeed(sandbox, 'status');
  expect(text).toContain('Not every value was recorded as it was given, for 1 reason:');
  for (const sentence of SENTENCES) expect(text).toContain(`      ${sentence}\n`);
  running.process.stdin?.write('go\n');
  await running.ended;
  const stopped = await ringtail(sandbox, ['stop']);
  for (const sentence of SENTENCES) expect(stopped.stderr).toContain(sentence);
  const [tenant] = eventsOf(sandbox, join(sandbox.directory, 'trace')).filter(({ name }) => name === 'shop:sizes');
  expect(tenant?.fields).toContain('_none');
});

it('wrong values are not counted again where a program is restarted into a cleared session', async () => {
  const sandbox = sandboxWithDaemon();
  await succeed(sandbox, 'create', 's', '-o', join(sandbox.directory, 'trace'));
  await succeed(sandbox, 'enable-event', '-u', 'shop:*');
  await succeed(sandbox, 'start');
  const counts = async () =>
    (await resultOf<{ statistics: { wrongValues: { count: number }[] } }>(sandbox, 'status')).statistics.wrongValues;
  await startNode(sandbox, [app]).ended;
  expect(await counts()).toEqual(WRONG);
  await succeed(sandbox, 'clear');
  expect(await counts()).toEqual([]);
  await startNode(sandbox, [app]).ended;
  expect(await counts()).toEqual(WRONG);
});
