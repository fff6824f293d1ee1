/**
 * Kills a program with SIGKILL at random moments. The program acknowledges each event after its tracepoint has
 * returned, so every acknowledged event has to be in the trace.
 *
 * RINGTAIL_KILLS is the number of kills (default 5). RINGTAIL_SEED replays their moments.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';
import { eventsOf, findProgram, indexesOf, makeSandbox, pause, program, startRingtail, summaryOf } from './harness.ts';

const kills = Number(process.env.RINGTAIL_KILLS ?? 5);
const seed = runSeed('kill-loop');
const SECONDS_PER_KILL = 30;
const DELAY_MAX_US = 120_000;

describe('a program that is killed', () => {
  it(
    `has every acknowledged event in its trace, ${kills} times (seed ${seed})`,
    async () => {
      const random = new SeededRandom(seed);
      for (let round = 1; round <= kills; round++) {
        const delayMs = random.between(0, DELAY_MAX_US) / 1000;
        const { acknowledged, indexes } = await killAfter(delayMs);
        const where = `round ${round}, ${delayMs.toFixed(3)} ms after its first event, ${acknowledged} acknowledged`;
        expect(indexes.length, where).toBeGreaterThanOrEqual(acknowledged);
        // At most one further event: committed and not yet acknowledged.
        expect(indexes.length, where).toBeLessThanOrEqual(acknowledged + 1);
        expect(
          indexes.every((index, position) => index === position),
          where,
        ).toBe(true);
      }
    },
    kills * SECONDS_PER_KILL * 1000,
  );
});

async function killAfter(delayMs: number): Promise<{ acknowledged: number; indexes: number[] }> {
  const sandbox = makeSandbox();
  const command = [process.execPath, program('acknowledge.mjs')];
  const running = startRingtail(sandbox, ['record', '-o', 'trace', '--output-format=json', ...command]);
  await running.says(/[\s\S]/);
  const pid = findProgram('acknowledge.mjs', running.pid);
  await pause(delayMs);
  process.kill(pid, 'SIGKILL');
  const ended = await running.ended;
  expect(ended.signal).toBe('SIGKILL');
  expect(summaryOf(ended)).toMatchObject({ eventsDiscarded: 0, eventsLost: 0, troubles: [] });
  const events = eventsOf(sandbox, join(sandbox.directory, 'trace'));
  return {
    acknowledged: Math.floor(running.stdoutBytes.length / 4),
    indexes: indexesOf(events),
  };
}
