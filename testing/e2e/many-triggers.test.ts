/**
 * The largest number of triggers, with a program that emits the events of all of them. Times are printed, not asserted.
 */
import { fileURLToPath } from 'node:url';
import { type SessionDaemonClient, spawnDaemon } from '@ringtail/ctl';
import { EVERY_TIME, type TriggerDefinition } from '@ringtail/protocol';
import { expect, it, onTestFinished } from 'vitest';
import { program, type Running, resultOf, ringtail, sandboxWithDaemon, startNode, until } from './harness.ts';

const TRIGGERS = 2304;
const KINDS = 256;
const EVENTS_OF_KIND = TRIGGERS / KINDS;
/** Number of requests sent before their answers. */
const AHEAD = 250;

/** Each is about one event of the program. */
function triggerOf(index: number): TriggerDefinition {
  const rule = { pattern: `many:e${index % KINDS}`, filter: `n == ${Math.floor(index / KINDS)}` };
  return {
    name: `t${index}`,
    condition: { kind: 'event-rule-matches', rule, captures: ['n'] },
    actions: [{ kind: 'notify', ratePolicy: EVERY_TIME }],
  };
}

async function forAll(indexes: readonly number[], request: (index: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < indexes.length; from += AHEAD) {
    await Promise.all(indexes.slice(from, from + AHEAD).map(request));
  }
}

/** Lets the program emit all its events once more. */
async function emit(app: Running, times: number): Promise<void> {
  app.process.stdin?.write('\n');
  await app.says(new RegExp(`(emitted\\s*){${times}}`));
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

it('as many triggers as a daemon has all work, one more is refused with the reason, and all can be removed', {
  timeout: 300_000,
}, async () => {
  const sandbox = sandboxWithDaemon();
  const mainPath = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
  const { client } = await spawnDaemon({
    runDirectory: sandbox.env.RINGTAIL_RUNDIR as string,
    mainPath,
    env: { ...sandbox.env },
  });
  onTestFinished(() => client.close());
  const app = startNode(sandbox, [program('many-events.mjs'), String(KINDS), String(EVENTS_OF_KIND)]);
  await app.says(/ready/);

  const adding = stopwatch();
  await forAll(range(0, TRIGGERS / 2), (index) => client.addTrigger(triggerOf(index)));
  await emit(app, 1);
  await forAll(range(TRIGGERS / 2, TRIGGERS), (index) => client.addTrigger(triggerOf(index)));
  const addedMs = adding();
  await emit(app, 2);
  const wanted = range(0, TRIGGERS).map((index) => [`t${index}`, index < TRIGGERS / 2 ? 2 : 1]);
  await until(async () => sum(await occurrencesOf(client)) === (TRIGGERS * 3) / 2);
  expect(await occurrencesOf(client)).toEqual(wanted);

  const refused = await ringtail(sandbox, [
    'add-trigger',
    '--condition=event-rule-matches',
    '--type=user',
    '--action=notify',
  ]);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/2304 triggers already.*remove some first/),
  });
  const listing = stopwatch();
  const { triggers } = await resultOf<{ readonly triggers: readonly unknown[] }>(sandbox, 'list-triggers');
  expect(triggers).toHaveLength(TRIGGERS);
  const listedMs = listing();

  const removing = stopwatch();
  await forAll(range(1, TRIGGERS), (index) => client.removeTrigger(`t${index}`));
  const removedMs = removing();
  await emit(app, 3);
  await until(async () => sum(await occurrencesOf(client)) === 3);
  expect(await occurrencesOf(client)).toEqual([['t0', 3]]);
  app.process.stdin?.end();
  expect(await app.ended).toMatchObject({ code: 0, stderr: '' });
  await client.shutdown();
  process.stdout.write(`many triggers: ${JSON.stringify({ addedMs, listedMs, removedMs })}\n`);
});

async function occurrencesOf(client: SessionDaemonClient): Promise<[string, number][]> {
  return (await client.listTriggers()).map(({ name, occurrences }) => [name, occurrences]);
}

function sum(occurrences: readonly (readonly [string, number])[]): number {
  return occurrences.reduce((total, [, count]) => total + count, 0);
}

function stopwatch(): () => number {
  const since = performance.now();
  return () => Math.round(performance.now() - since);
}
