import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { describeError } from '@ringtail/base';
import { CtlError } from '@ringtail/ctl';
import { EVERY_TIME, type EventRule, NO_STATISTICS, type ProcessEnd, type SnapshotRecorded } from '@ringtail/protocol';
import { absolutePath, type Context } from '../context/context.ts';
import { type Daemon, privateDaemon } from '../daemon/daemon.ts';
import { reportTo, warn } from '../output/report.ts';
import type { Outcome } from '../program/command.ts';
import { describeEnd, endOf } from '../record/command-end.ts';
import { type CommandPlan, enableRecorded, survivorsOf } from '../record/command-plan.ts';
import { CommandSignals } from '../record/command-signals.ts';
import { terminalRole } from '../record/controlling-terminal.ts';
import { findMissing } from '../record/explain-missing.ts';
import { registerUrl, tracedEnvironment, watchCommand } from '../record/preload.ts';
import { type EndedProcess, ProcessWatch } from '../record/process-watch.ts';
import { outcomeOf, reportOfTrace } from '../record/record-command.ts';
import { runCommand } from '../record/run-command.ts';
import { trustingWorkingDirectoryOwner } from '../record/working-directory-owner.ts';
import { newTraceName, removeIfEmpty, tracesDirectory } from '../session/trace-directory.ts';
import { describeGuarded, describeSnapshot, type Guarded, guardJson, isEmpty } from './guard-summary.ts';
import { type GuardSnapshot, SnapshotQueue } from './snapshot-queue.ts';
import { isWanted, type SnapshotCause } from './wanted-ends.ts';

/** Parameters of `ringtail guard`. */
export interface GuardPlan extends CommandPlan {
  /** Parent directory of the snapshots; null for the default. */
  readonly output: string | null;
  readonly causes: readonly SnapshotCause[];
  readonly stallPeriodUs: number;
  readonly maxBytes: number | null;
  readonly snapshotCountMax: number;
}

/** Rule for the exits of processes, which every snapshot records. */
const OWN_RULE: EventRule = { pattern: 'ringtail_process:*' };
const LAST_EVENTS = 5;
const SETTLE_MS_MAX = 1000;
const ASKING: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];
const OTHERS_MAX = 1000;

/** Runs a command with a flight recorder, and records a snapshot when it ends abnormally. */
export async function guardCommand(context: Context, plan: GuardPlan): Promise<Outcome> {
  const session = newTraceName(context, plan.name);
  const output = absolutePath(context, plan.output ?? join(tracesDirectory(context), session));
  let daemon: Daemon | undefined;
  let guard: Guard | undefined;
  const signals = new CommandSignals(
    terminalRole,
    () => warn(context, 'the command has ended; what it left is being written (once more to give up)'),
    (signal) => {
      daemon?.abandon();
      process.exit(128 + constants.signals[signal]);
    },
    { SIGUSR2: () => guard?.demand() },
  );
  try {
    daemon = await privateDaemon(trustingWorkingDirectoryOwner(context));
    const prepared = new Guard(context, plan, daemon, session);
    await prepared.prepare(output);
    guard = prepared;
    const guarded = await guard.run(signals);
    reportTo(context, context.stderr, plan.format, guardJson(guarded), (style) => describeGuarded(style, guarded));
    return outcomeOf(guarded.end);
  } finally {
    await guard?.discard();
    await daemon?.release();
    removeIfEmpty(output);
    signals.dispose();
  }
}

class Guard {
  readonly #context: Context;
  readonly #plan: GuardPlan;
  readonly #daemon: Daemon;
  readonly #session: string;
  readonly #watch: ProcessWatch;
  readonly #queue: SnapshotQueue;
  readonly #asked = new Set<NodeJS.Signals>();
  readonly #others: { text: string; end: ProcessEnd }[] = [];
  #output = '';
  #hasEnded = false;
  #commandPid: number | undefined;

  constructor(context: Context, plan: GuardPlan, daemon: Daemon, session: string) {
    this.#context = context;
    this.#plan = plan;
    this.#daemon = daemon;
    this.#session = session;
    this.#queue = new SnapshotQueue(
      (name) => this.#record(name),
      plan.snapshotCountMax,
      (snapshot) => this.#reportSnapshot(snapshot),
    );
    this.#watch = new ProcessWatch({
      ended: (process) => this.#processEnded(process),
      fired: ({ details: { pid, program } }) =>
        this.#queue.add('stall', `process ${pid} (${program}) does not return to its event loop`),
    });
  }

  /** Makes the session and its triggers. */
  async prepare(output: string): Promise<void> {
    const { clock, channel, contexts, rules, causes, stallPeriodUs } = this.#plan;
    const { client } = this.#daemon;
    const session = this.#session;
    this.#output = output;
    await client.createSession({ name: session, output, clock, snapshot: true });
    await enableRecorded(client, session, { channel, contexts, rules: [...rules, OWN_RULE] });
    const notifications = await client.notifications();
    // Ends with the connection; requests then fail with the reason.
    void this.#watch.follow(notifications).catch(() => undefined);
    if (causes.includes('stall')) {
      const condition = { kind: 'event-loop-stalled', procname: '*', periodUs: stallPeriodUs } as const;
      const actions = [{ kind: 'notify', ratePolicy: EVERY_TIME }] as const;
      await client.addTrigger({ name: 'guard-stall', condition, actions });
    }
    await client.startSession(session);
  }

  /** Records a snapshot on the user's demand. */
  demand(): void {
    this.#queue.add('demand', 'asked for by SIGUSR2');
  }

  /** Destroys the session. Its daemon would record a last snapshot of it otherwise. */
  async discard(): Promise<void> {
    // A daemon that has died has no session; its consumer daemon has saved the events.
    await this.#daemon.client.destroySession(this.#session).catch(() => undefined);
  }

  async run(signals: CommandSignals): Promise<Guarded> {
    const plan = this.#plan;
    const env = this.#environment();
    const note = (signal: NodeJS.Signals): void => void this.#asked.add(signal);
    for (const signal of ASKING) process.on(signal, note);
    try {
      const begin = performance.now();
      const command = await runCommand(plan.path, plan.words, env, signals);
      this.#commandPid = command.pid;
      await watchCommand(this.#daemon.client, this.#session, command.pid);
      const ended = await command.ended;
      this.#hasEnded = true;
      const seconds = (performance.now() - begin) / 1000;
      const { client } = this.#daemon;
      // When this is answered, the daemon has read the last messages of all processes.
      await client.sessionStatistics(this.#session).catch(() => undefined);
      await this.#watch.settled(SETTLE_MS_MAX);
      const end = endOf(ended, this.#watch.ends.get(command.pid));
      const wanted = isWanted(end, plan.causes, this.#asked);
      if (wanted) this.#queue.addLast('crash', `the command ${describeEnd(end)}`);
      await this.#queue.idle();
      const newest = this.#newest;
      return {
        command: [basename(plan.words[0]), ...plan.words.slice(1)].join(' '),
        seconds,
        end,
        isWanted: wanted,
        snapshots: this.#queue.snapshots,
        missed: this.#queue.missed,
        lastEvents: await this.#lastEvents(newest),
        report: newest === undefined ? null : await reportOfTrace(this.#context, newest.path, newest.statistics),
        others: this.#others,
        survivors: await survivorsOf(client),
        findings: isEmpty(this.#queue) ? await findMissing(this.#context, client, this.#session, NO_STATISTICS) : [],
      };
    } finally {
      for (const signal of ASKING) process.off(signal, note);
    }
  }

  #environment(): Readonly<Record<string, string | undefined>> {
    return {
      ...tracedEnvironment(this.#context.env, registerUrl(), this.#daemon.runDirectory.path, this.#plan.profileHertz),
      RINGTAIL_GUARD: '1',
    };
  }

  #processEnded({ pid, program, end }: EndedProcess): void {
    // The kernel reports the end of the command itself.
    if (pid === this.#commandPid || !isWanted(end, this.#plan.causes, this.#asked)) return;
    const text = `${pid} (${program}) ${describeEnd(end)}`;
    this.#others.push({ text, end });
    if (this.#others.length > OTHERS_MAX) this.#others.shift();
    this.#queue.add('crash', `process ${text}`);
  }

  /** Reports a snapshot at once while the command runs. */
  #reportSnapshot(snapshot: GuardSnapshot): void {
    if (this.#hasEnded || this.#plan.format !== 'human') return;
    reportTo(this.#context, this.#context.stderr, 'human', null, (style) => describeSnapshot(style, snapshot));
  }

  async #record(name: string): Promise<SnapshotRecorded> {
    const { client } = this.#daemon;
    try {
      const recorded = await client.recordSnapshot(this.#session, { name, maxBytes: this.#plan.maxBytes });
      // A trace without events is useless.
      if (recorded.statistics.eventsRecorded === 0) rmSync(recorded.path, { recursive: true, force: true });
      return recorded;
    } catch (error) {
      if (!(error instanceof CtlError) || error.code !== 'DAEMON_GONE') throw error;
      throw new CtlError(error.code, `${error.message}; what its consumer could save is in ${this.#output}`);
    }
  }

  /** The newest snapshot with events. */
  get #newest(): SnapshotRecorded | undefined {
    const snapshots = this.#queue.snapshots.flatMap(({ recorded }) => recorded ?? []);
    return snapshots.findLast(({ statistics }) => statistics.eventsRecorded > 0);
  }

  async #lastEvents(newest: SnapshotRecorded | undefined): Promise<string[]> {
    if (newest === undefined) return [];
    try {
      // Imported when needed: the analyses take longer to load than the other modules of the command.
      const { lastEvents } = await import('./last-events.ts');
      return lastEvents(newest.path, LAST_EVENTS);
    } catch (error) {
      warn(this.#context, `the snapshot cannot be read: ${describeError(error)}`);
      return [];
    }
  }
}
