import { expect, it } from 'vitest';
import { succeed, until } from '../e2e/harness.ts';
import {
  canEdit,
  DAY_MS,
  does,
  eventsAfterEnd,
  listedOneDayLater,
  PROBED,
  recordedEvents,
  SERVE,
  STEP,
  startedSession,
  startProgram,
  untilHit,
  untilStatusSays,
  untilText,
  WITH_CLOCK,
} from './probed.ts';

const HITS = 10_000;
const RECORDED_PER_PERIOD = 2000;

it.runIf(canEdit)('hits beyond the rate of a probe are counted, each of them', async () => {
  const { sandbox, trace } = await startedSession();
  const running = await startProgram(sandbox, PROBED, ...WITH_CLOCK);
  await succeed(sandbox, 'enable-event', '--probe', STEP, '--capture', 'index', '-c', 'c', 'step');
  await untilHit(sandbox, running, 'step 1');
  await untilText(running, 'edited');
  const before = await recordedEvents(sandbox);
  await does(running, 'stop-clock');
  await does(running, `step ${HITS}`);
  await does(running, 'start-clock');
  await untilHit(sandbox, running, 'step 1');
  const events = await eventsAfterEnd(sandbox, trace, running);
  const hits = events.slice(before).map(({ fields }) => {
    const [, skipped, index] = /skipped = (\d+), index = "(\d+)"/.exec(fields) ?? [];
    return { skipped: Number(skipped), index: Number(index) };
  });
  // A period ends with its last hit. The first of the two may have had hits before.
  const recorded = hits.findIndex(({ index }, at) => index !== at);
  expect(recorded).toBeLessThanOrEqual(2 * RECORDED_PER_PERIOD);
  expect(recorded).toBeGreaterThan(RECORDED_PER_PERIOD - before);
  expect(hits[recorded]).toEqual({ index: 0, skipped: HITS - recorded });
  expect(hits.slice(0, recorded).every(({ skipped }) => skipped === 0)).toBe(true);
});

it.runIf(canEdit)(
  'a probe in a function that is always suspended is a breakpoint with a limit, and says so',
  async () => {
    const { sandbox, trace } = await startedSession();
    const running = await startProgram(sandbox, PROBED);
    await does(running, 'suspend');
    await succeed(sandbox, 'enable-event', '--probe', SERVE, '--capture', 'order', '-c', 'c', 'serve');
    await untilHit(sandbox, running, 'serve 1');
    await untilStatusSays(sandbox, /is a breakpoint, .*: its function is always running or suspended/);
    await does(running, 'serve 2000');
    await untilStatusSays(sandbox, /lacks hits: a breakpoint records at most 500 hits a second, and others are not/);
    await untilHit(sandbox, running, 'serve 1');
    expect(await does(running, 'text')).toBe('original');
    const events = await eventsAfterEnd(sandbox, trace, running);
    const orders = events.map(({ fields }) => Number(/order = "(\d+)"/.exec(fields)?.[1]));
    expect(Math.max(...orders)).toBeLessThan(500);
  },
);

it('a probe is removed from the program at its end', async () => {
  const { sandbox, trace } = await startedSession();
  const running = await startProgram(sandbox, PROBED, ...WITH_CLOCK);
  await succeed(sandbox, 'enable-event', '--probe', STEP, '-c', 'c', 'step');
  await untilHit(sandbox, running, 'step 1');
  if (canEdit) await untilText(running, 'edited');
  expect(await does(running, 'hooks')).toBe('1');
  expect(await succeed(sandbox, 'list', 's')).toContain('[expires: ');
  expect(await listedOneDayLater(sandbox)).toContain('[expired: ');
  await does(running, `advance-clock ${DAY_MS}`);
  await until(async () => (await does(running, 'hooks')) === '0');
  await untilText(running, 'original');
  const before = await recordedEvents(sandbox);
  await does(running, 'step 100');
  expect(await eventsAfterEnd(sandbox, trace, running)).toHaveLength(before);
});
