import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants, loadavg, setPriority } from 'node:os';
import { SessionDaemonClient } from '@ringtail/ctl';
import { describe, expect, it, onTestFinished } from 'vitest';
import { childrenOf, cpuMsOf, pause } from '../e2e/harness.ts';
import { ATTACK_SEED, attackNumber } from './attack-number.ts';
import { ATTACKERS, AttackedDaemon, canAttack, useOf } from './attacked-daemon.ts';

/** In the suite, long enough for each kind of attack to begin; `npm run attack -- hostile-user` is the full attack. */
const MINUTES = attackNumber('MINUTES') ?? 0.1;
const isMeasured = attackNumber('MINUTES') !== undefined;
/** Bounds for the effect on root and others. Times of answers are measured on an otherwise idle machine. */
const ANSWER_MS_MAX = 1000;
const MEMORY_BYTES_MAX = 256 * 2 ** 20;
const PERIOD_MS = 1000;
const START_MS = 300;

/** In the order in which they begin; the last ones use up the rest. */
const KINDS = [
  'sessions',
  'declarations',
  'pipelined',
  'half-requests',
  'watchers',
  'drip',
  'log-flood',
  'half-frames',
  'registrations',
  'silent-programs',
  'silent-clients',
];
/** Commands of root during the attack, one a second. */
const COMMANDS = [
  ['create', 'of-root', '--output=OUTPUT'],
  ['enable-event', '-u', 'witness:*'],
  ['start'],
  ['status'],
  ['list'],
  ['stop'],
  ['destroy'],
];

describe.skipIf(!canAttack)('a hostile user with all attacks at once', () => {
  it(
    `neither delays root's commands nor costs other users an event, ${MINUTES} minutes`,
    async () => {
      const daemon = await AttackedDaemon.open();
      // From now on, traces of the attacker are open.
      await daemon.attack(ATTACKERS[0], 'declarations.mjs', ATTACK_SEED + 1, 20);
      await daemon.noteUse();
      const crowd = await startAll(daemon);
      const reports = crowd.map((child) => reportOf(child.stdout as NodeJS.ReadableStream));
      const memory = sampleMemory(daemon);
      const { answers, daemonAnswers, failures } = await commandsOfRoot(daemon, MINUTES * 60_000);
      clearInterval(memory.timer);
      for (const child of crowd) child.stdin?.end();
      const told = await Promise.all(reports);
      for (const report of told) process.stderr.write(`attack: ${report}\n`);
      process.stderr.write(
        `attack: commands of root: ${describeTimes(answers)}; ${failures.length} failed\n` +
          `attack: daemon, to a new client: ${describeTimes(daemonAnswers.map(({ ms }) => ms))}\n` +
          `attack: of which the daemon computes: ${describeTimes(daemonAnswers.map(({ cpuMs }) => cpuMs))}\n` +
          `attack: memory at most ${mebibytes(memory.bytesMax.daemon)}, a consumer ${mebibytes(memory.bytesMax.consumer)}; ` +
          `load ${loadavg()
            .map((load) => load.toFixed(1))
            .join(' ')}\n`,
      );
      // All bounds are checked, even if one is exceeded.
      expect.soft(failures).toEqual([]);
      expect.soft(memory.bytesMax.daemon, 'memory of the session daemon').toBeLessThan(MEMORY_BYTES_MAX);
      expect.soft(memory.bytesMax.consumer, 'memory of a consumer').toBeLessThan(MEMORY_BYTES_MAX);
      if (isMeasured) expect.soft(Math.max(...answers), 'milliseconds of an answer').toBeLessThan(ANSWER_MS_MAX);
      await daemon.destroyOtherSessions();
      await daemon.judge();
    },
    300_000 + MINUTES * 120_000,
  );
});

async function startAll(daemon: AttackedDaemon): Promise<ChildProcess[]> {
  const crowd: ChildProcess[] = [];
  for (const kind of KINDS) {
    const child = daemon.start(ATTACKERS[0], 'crowd.mjs', kind, daemon.runDirectory, String(ATTACK_SEED));
    // Beside other tests, eleven more processes would leave too little CPU time to the daemon.
    if (!isMeasured) setPriority(child.pid as number, constants.priority.PRIORITY_BELOW_NORMAL);
    crowd.push(child);
    await pause(START_MS);
  }
  return crowd;
}

async function reportOf(stdout: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(stdout, 'close');
  return text.trim();
}

/** Highest memory of the daemons, sampled once a second. */
function sampleMemory(daemon: AttackedDaemon) {
  const bytesMax = { daemon: 0, consumer: 0 };
  const timer = setInterval(() => {
    bytesMax.daemon = Math.max(bytesMax.daemon, useOf(daemon.daemonPid).memoryBytes);
    // One for each user, in addition to short-lived helpers.
    for (const pid of childrenOf(daemon.daemonPid)) bytesMax.consumer = Math.max(bytesMax.consumer, memoryOf(pid));
  }, PERIOD_MS);
  onTestFinished(() => clearInterval(timer));
  return { bytesMax, timer };
}

/** Zero for a process that has just ended. */
function memoryOf(pid: number): number {
  try {
    return useOf(pid).memoryBytes;
  } catch {
    return 0;
  }
}

/** Runs one command after the other, a second apart. */
async function commandsOfRoot(daemon: AttackedDaemon, forMs: number) {
  const answers: number[] = [];
  const daemonAnswers: { readonly ms: number; readonly cpuMs: number }[] = [];
  const failures: string[] = [];
  const begin = performance.now();
  for (let i = 0; i < COMMANDS.length || performance.now() < begin + forMs; i++) {
    const words = (COMMANDS[i % COMMANDS.length] as string[]).map((word) =>
      word.replace('OUTPUT', `${daemon.directory}/of-root-${i}`),
    );
    const asked = performance.now();
    const { code, stdout, stderr } = await daemon.asRoot(words);
    const answerMs = Math.round(performance.now() - asked);
    answers.push(answerMs);
    try {
      daemonAnswers.push(await daemonAnswer(daemon));
    } catch (error) {
      failures.push(`a new client: ${(error as Error).message}`);
    }
    if (code !== 0) failures.push(`${words.join(' ')}: ${stdout}${stderr}`);
    await pause(Math.max(0, begin + (i + 1) * PERIOD_MS - performance.now()));
  }
  return { answers, daemonAnswers, failures };
}

/** Time until a new client has its first answers, and CPU time of the daemon in that time. */
async function daemonAnswer({ runDirectory, daemonPid }: AttackedDaemon): Promise<{ ms: number; cpuMs: number }> {
  const asked = performance.now();
  const before = cpuMsOf(daemonPid);
  const client = await SessionDaemonClient.connect({ runDirectory, timeoutMs: 60_000 });
  await client.daemonStatus();
  client.close();
  return { ms: Math.round(performance.now() - asked), cpuMs: cpuMsOf(daemonPid) - before };
}

function describeTimes(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return `${sorted.length} times, median ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
