/**
 * Kills applications, consumers and session daemons with SIGKILL at random moments while programs record, into files
 * and into flight recorders. (`kill-loop.test.ts` kills applications that record into files.)
 *
 * RINGTAIL_KILLS is the number of kills of each kind (by default few). RINGTAIL_SEED replays their moments.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';
import { type Acknowledging, expectNewest, expectRun, KillScene } from './acknowledging.ts';
import { isRunning, pause, until } from './harness.ts';

const kills = Number(process.env.RINGTAIL_KILLS ?? 2);
/** Fewer by default, since a program searches for a session daemon every two seconds. */
const daemonKills = Number(process.env.RINGTAIL_KILLS ?? 1);
const seed = runSeed('kill-modes');
const limit = { timeout: 180_000 + kills * 30_000 };
const DELAY_MAX_US = 120_000;
/** After more kills in a short time, the daemon treats the consumer daemon as one that cannot be started. */
const CONSUMER_KILLS_OF_A_DAEMON = 3;

/** Waits for a random time. @returns its description for failure messages */
async function randomPause(random: SeededRandom, round: number): Promise<string> {
  const delayMs = random.between(0, DELAY_MAX_US) / 1000;
  await pause(delayMs);
  return `round ${round}, ${delayMs.toFixed(3)} ms`;
}

/** One that returns to its event loop, and one that never does. */
async function twoPrograms(scene: KillScene): Promise<[Acknowledging, Acknowledging]> {
  return [await scene.program('turns', 'in-turns'), await scene.program('loop', 'for-ever')];
}

describe('a program that is killed', () => {
  it(
    `leaves its last acknowledged event to a flight recorder, beside others that go on, ${kills} times (seed ${seed})`,
    limit,
    async () => {
      const random = new SeededRandom(seed);
      const scene = await KillScene.open({ snapshot: true });
      const other = await scene.program('other', 'in-turns');
      for (let round = 1; round <= kills; round++) {
        const victim = await scene.program('victim', random.oneIn(2) ? 'in-turns' : 'for-ever');
        const where = await randomPause(random, round);
        const acknowledged = await victim.kill();
        const before = other.acknowledged;
        const { text, gaps } = await scene.snapshot();
        const left = victim.indexesIn(text);
        expectRun(left, where);
        expectNewest(left, acknowledged, where);
        const others = other.indexesIn(text);
        expectRun(others, where, { gaps });
        expect(others.at(-1), where).toBeGreaterThanOrEqual(before - 1);
        // The next round must find only its own rings.
        await scene.client.clearSession('s');
        await other.goesOn();
      }
      await scene.close();
    },
  );
});

describe('a consumer that is killed', () => {
  it(`costs no event, and repeats none, ${kills} times (seed ${seed})`, limit, async () => {
    const random = new SeededRandom(seed);
    for (let round = 1; round <= kills; ) {
      const scene = await KillScene.open({ snapshot: false });
      const programs = await twoPrograms(scene);
      let where = '';
      for (let kill = 0; kill < CONSUMER_KILLS_OF_A_DAEMON && round <= kills; kill++, round++) {
        where += `${await randomPause(random, round)}; `;
        const consumer = await scene.consumer();
        process.kill(consumer, 'SIGKILL');
        for (const program of programs) await program.goesOn();
        await scene.nextConsumer(consumer);
      }
      const acknowledged = await Promise.all(programs.map((program) => program.kill()));
      const statistics = await scene.client.destroySession('s');
      expect(statistics, where).toMatchObject({ eventsDiscarded: 0, eventsLost: 0, packetsLost: 0, troubles: [] });
      const text = scene.textOf(scene.output);
      expect(text.split('\n').length - 1, where).toBe(statistics.eventsRecorded);
      for (const [at, program] of programs.entries()) {
        const indexes = program.indexesIn(text);
        expectRun(indexes, where, { first: 0 });
        expectNewest(indexes, acknowledged[at] as number, where);
      }
      await scene.close();
    }
  });

  it(
    `costs flight recorders nothing, also in the middle of a snapshot, ${kills} times (seed ${seed})`,
    limit,
    async () => {
      const random = new SeededRandom(seed);
      for (let round = 1; round <= kills; ) {
        const scene = await KillScene.open({ snapshot: true });
        const programs = await twoPrograms(scene);
        for (let kill = 0; kill < CONSUMER_KILLS_OF_A_DAEMON && round <= kills; kill++, round++) {
          const where = await randomPause(random, round);
          const acknowledged = programs.map((program) => program.acknowledged);
          const consumer = await scene.consumer();
          // Requested before or after the kill: the next consumer daemon starts an unfinished snapshot again.
          const early = random.oneIn(2) ? scene.snapshot() : undefined;
          if (early !== undefined) await pause(random.between(0, 30));
          process.kill(consumer, 'SIGKILL');
          const { text, gaps } = await (early ?? scene.snapshot());
          for (const [at, program] of programs.entries()) {
            const indexes = program.indexesIn(text);
            expectRun(indexes, where, { gaps });
            expect(indexes.at(-1), where).toBeGreaterThanOrEqual((acknowledged[at] as number) - 1);
            await program.goesOn();
          }
          await scene.nextConsumer(consumer);
        }
        const acknowledged = await Promise.all(programs.map((program) => program.kill()));
        const { text } = await scene.snapshot();
        for (const [at, program] of programs.entries()) {
          const indexes = program.indexesIn(text);
          expectRun(indexes, `after round ${round - 1}`);
          expectNewest(indexes, acknowledged[at] as number, `after round ${round - 1}`);
        }
        await scene.close();
      }
    },
  );
});

describe('a session daemon that is killed', () => {
  it(
    `leaves a trace with every acknowledged event, and its saved session comes back, ${daemonKills} times (seed ${seed})`,
    limit,
    async () => {
      const random = new SeededRandom(seed);
      const scene = await KillScene.open({ snapshot: false });
      await scene.save();
      const turns = await scene.program('turns', 'in-turns');
      let next = 0;
      for (let round = 1; round <= daemonKills; round++) {
        const output = await scene.currentOutput();
        const { where, loop, acknowledged } = await killAndStartAgain(scene, turns, random, round);
        const text = scene.textOf(output);
        const looped = loop.indexesIn(text);
        expectRun(looped, where, { first: 0 });
        expect(looped.at(-1), where).toBeGreaterThanOrEqual(acknowledged.loop - 1);
        const turned = turns.indexesIn(text);
        // Between two daemons no events are recorded; each event is in one trace only.
        expect(turned[0], where).toBeGreaterThanOrEqual(next);
        expectRun(turned, where, round === 1 ? { first: 0 } : {});
        expect(turned.at(-1), where).toBeGreaterThanOrEqual(acknowledged.turns - 1);
        next = (turned.at(-1) as number) + 1;
        await scene.recordsAgain();
      }
      const acknowledged = await turns.kill();
      const output = await scene.currentOutput();
      expect(await scene.client.destroySession('s')).toMatchObject({ eventsLost: 0, troubles: [] });
      const last = turns.indexesIn(scene.textOf(output));
      expect(last[0]).toBeGreaterThanOrEqual(next);
      expectRun(last, 'at the end');
      expectNewest(last, acknowledged, 'at the end');
      await scene.close();
    },
  );

  it(
    `leaves the content of flight recorders, and saved ones come back, ${daemonKills} times (seed ${seed})`,
    limit,
    async () => {
      const random = new SeededRandom(seed);
      const scene = await KillScene.open({ snapshot: true });
      await scene.save();
      const turns = await scene.program('turns', 'in-turns');
      for (let round = 1; round <= daemonKills; round++) {
        const { where, loop, acknowledged } = await killAndStartAgain(scene, turns, random, round);
        const [recovered, ...more] = recoveredOf(scene);
        expect(more, where).toEqual([]);
        const { text, gaps } = scene.recovered(recovered as string);
        const looped = loop.indexesIn(text);
        expectRun(looped, where, { gaps });
        expect(looped.at(-1), where).toBeGreaterThanOrEqual(acknowledged.loop - 1);
        const turned = turns.indexesIn(text);
        expectRun(turned, where, { gaps });
        expect(turned.at(-1), where).toBeGreaterThanOrEqual(acknowledged.turns - 1);
        rmSync(recovered as string, { recursive: true });
        await scene.recordsAgain();
      }
      const acknowledged = await turns.kill();
      const again = turns.indexesIn((await scene.snapshot()).text);
      expectRun(again, 'at the end');
      expectNewest(again, acknowledged, 'at the end');
      await scene.close();
    },
  );

  it('in order records a last snapshot of its flight recorders: nothing is left to recover', async () => {
    const scene = await KillScene.open({ snapshot: true });
    const program = await scene.program('turns', 'in-turns');
    expect((await scene.snapshot()).text).not.toBe('');
    const { acknowledged } = program;
    const consumer = await scene.consumer();
    const pid = scene.client.daemonPid;
    process.kill(pid, 'SIGTERM');
    await until(() => !isRunning(pid) && !isRunning(consumer));
    const [last, ...more] = readdirSync(scene.output);
    expect([last, more]).toEqual([expect.stringMatching(/^snapshot-1-.*-1$/), []]);
    const { text, gaps } = scene.recovered(join(scene.output, last as string));
    const indexes = program.indexesIn(text);
    expectRun(indexes, 'at the end', { gaps });
    expect(indexes.at(-1)).toBeGreaterThanOrEqual(acknowledged - 1);
    await program.goesOn();
    await program.kill();
  });
});

/**
 * Kills the session daemon at a random moment, while another program runs that never returns to its event loop, and
 * starts the next one. @returns the number of events acknowledged until then
 */
async function killAndStartAgain(scene: KillScene, turns: Acknowledging, random: SeededRandom, round: number) {
  const loop = await scene.program('loop', 'for-ever');
  const where = await randomPause(random, round);
  const acknowledged = { turns: turns.acknowledged, loop: loop.acknowledged };
  const consumer = await scene.killDaemon();
  await loop.goesOn();
  // The next daemon may start while the last one's consumer daemon still writes.
  if (random.oneIn(2)) await until(() => !isRunning(consumer));
  await scene.startDaemonAgain();
  await until(() => !isRunning(consumer));
  await turns.goesOn();
  await loop.goesOn();
  await loop.kill();
  return { where, loop, acknowledged };
}

/** The directories that a consumer daemon left in the session's output after its session daemon had gone. */
function recoveredOf({ output }: KillScene): string[] {
  const names = readdirSync(output).filter((name) => name.startsWith('s-recovered-'));
  return names.map((name) => join(output, name));
}
