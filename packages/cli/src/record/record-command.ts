import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { describeError } from '@ringtail/base';
import type { SessionDaemonClient } from '@ringtail/ctl';
import { NO_STATISTICS, type ProcessEnd, type SessionStatistics } from '@ringtail/protocol';
import type { Context } from '../context/context.ts';
import { type Daemon, daemonForRecording } from '../daemon/daemon.ts';
import { reportTo, warn } from '../output/report.ts';
import type { Outcome } from '../program/command.ts';
import type { RecordedReport } from '../reading/report/recorded-report.ts';
import { newTraceName, prepareTraceDirectory, removeIfEmpty, tracesDirectory } from '../session/trace-directory.ts';
import { endOf } from './command-end.ts';
import { type CommandPlan, enableRecorded, survivorsOf } from './command-plan.ts';
import { CommandSignals } from './command-signals.ts';
import { terminalRole } from './controlling-terminal.ts';
import { findingsAtEnd, findMissing } from './explain-missing.ts';
import { enableKernel, type KernelPlan, trackCommand } from './kernel-plan.ts';
import { registerUrl, tracedEnvironment, watchCommand } from './preload.ts';
import { type EndedProcess, ProcessWatch } from './process-watch.ts';
import { runCommand } from './run-command.ts';
import { describeSummary, type Recording, summaryJson } from './summary.ts';
import { trustingWorkingDirectoryOwner } from './working-directory-owner.ts';

const POLL_PERIOD_MS = 1000;
const SETTLE_MS_MAX = 1000;
const HEAP_LIMITS_MAX = 1000;

/** Parameters of `ringtail record`. */
export interface RecordPlan extends CommandPlan {
  /** Directory of the trace; null for the default. */
  readonly output: string | null;
  readonly shmPath: string | null;
  /** Run directory of a running daemon, from the command line. */
  readonly runDirectory: string | null;
  /** What is recorded of the kernel; null: nothing. */
  readonly kernel: KernelPlan | null;
}

/** Records a command from its first line to its end, and writes a summary. */
export async function recordCommand(context: Context, plan: RecordPlan): Promise<Outcome> {
  const session = newTraceName(context, plan.name);
  // A running daemon has its own list of trusted users.
  const isAlone = plan.runDirectory === null && !context.env.RINGTAIL_RUNDIR;
  const trusting = isAlone ? trustingWorkingDirectoryOwner(context) : context;
  const trace = prepareTraceDirectory(trusting, plan.output ?? join(tracesDirectory(context), session));
  let daemon: Daemon | undefined;
  const signals = new CommandSignals(
    terminalRole,
    () => warn(context, 'the command has ended; its trace is being finished (once more to give up)'),
    (signal) => {
      daemon?.abandon();
      process.exit(128 + constants.signals[signal]);
    },
  );
  try {
    daemon = await daemonForRecording(trusting, plan.runDirectory);
    await startSession(daemon.client, plan, session, trace);
    const recording = await runRecorded(context, plan, daemon, session, trace, signals);
    reportTo(context, context.stderr, plan.format, summaryJson(recording), (style) =>
      describeSummary(style, recording),
    );
    return outcomeOf(recording.end);
  } finally {
    await daemon?.release();
    removeIfEmpty(trace);
    signals.dispose();
  }
}

async function startSession(
  client: SessionDaemonClient,
  plan: RecordPlan,
  session: string,
  output: string,
): Promise<void> {
  const { shmPath, clock, kernel } = plan;
  await client.createSession({ name: session, output, shmPath, clock });
  await enableRecorded(client, session, plan);
  if (kernel !== null) await enableKernel(client, session, kernel);
  await client.startSession(session);
}

async function runRecorded(
  context: Context,
  plan: RecordPlan,
  daemon: Daemon,
  session: string,
  trace: string,
  signals: CommandSignals,
): Promise<Recording> {
  const watch = new Watch(daemon.client, session);
  const processes = await followEnds(daemon.client);
  const env = tracedEnvironment(context.env, registerUrl(), daemon.runDirectory.path, plan.profileHertz);
  const begin = performance.now();
  let command: Awaited<ReturnType<typeof runCommand>>;
  try {
    const { client } = daemon;
    const isTracked = plan.kernel !== null && !plan.kernel.allProcesses;
    const ready = isTracked ? (pid: number) => trackCommand(client, session, pid) : undefined;
    command = await runCommand(plan.path, plan.words, env, signals, ready);
  } catch (error) {
    await finishSession(daemon.client, session);
    throw error;
  }
  await watchCommand(daemon.client, session, command.pid);
  watch.start();
  const end = await command.ended;
  const seconds = (performance.now() - begin) / 1000;
  await watch.stop();
  if (end.code !== 0) await processes.watch.settled(SETTLE_MS_MAX);
  const survivors = daemon.isPrivate ? await survivorsOf(daemon.client) : [];
  const findings = await findMissing(context, daemon.client, session, watch.statistics);
  const finished = await finishSession(daemon.client, session);
  const statistics = finished.statistics ?? watch.statistics;
  const isThere = existsSync(trace);
  return {
    trace,
    isThere,
    seconds,
    command: basename(plan.words[0]),
    end: endOf(end, processes.watch.ends.get(command.pid)),
    // A running daemon has processes of others.
    heapLimits: daemon.isPrivate ? processes.heapLimits.filter(({ pid }) => pid !== command.pid) : [],
    statistics,
    cutShort: finished.cutShort,
    survivors,
    report: isThere ? await reportOfTrace(context, trace, statistics) : null,
    findings: findingsAtEnd(findings, { name: session, output: trace, shmPath: plan.shmPath }, statistics),
  };
}

/** Follows the ends of the daemon's processes, where it notifies us and while it lives. */
async function followEnds(client: SessionDaemonClient): Promise<{ watch: ProcessWatch; heapLimits: EndedProcess[] }> {
  const heapLimits: EndedProcess[] = [];
  const ended = (process: EndedProcess): void => {
    if (process.end.abortedBy === 'heap-limit' && heapLimits.push(process) > HEAP_LIMITS_MAX) heapLimits.shift();
  };
  const watch = new ProcessWatch({ ended, fired: () => undefined });
  const notifications = await client.notifications().catch(() => undefined);
  if (notifications !== undefined) void watch.follow(notifications).catch(() => undefined);
  return { watch, heapLimits };
}

/** @returns null without events, and where the trace cannot be read */
export async function reportOfTrace(
  context: Context,
  trace: string,
  { eventsRecorded, bytes }: SessionStatistics,
): Promise<RecordedReport | null> {
  if (eventsRecorded === 0) return null;
  try {
    // Imported when needed: the analyses take longer to load than the other modules of the command.
    const { recordedReport } = await import('../reading/report/recorded-report.ts');
    return recordedReport(trace, bytes);
  } catch (error) {
    warn(context, `the trace cannot be read: ${describeError(error)}`);
    return null;
  }
}

/** Ends the session. Where the daemon has died, the recorded events are reported all the same. */
async function finishSession(
  client: SessionDaemonClient,
  session: string,
): Promise<{ statistics: SessionStatistics | null; cutShort: string | null }> {
  try {
    await client.stopSession(session);
    return { statistics: await client.destroySession(session), cutShort: null };
  } catch (error) {
    return { statistics: null, cutShort: describeError(error) };
  }
}

/** Polls the statistics while the command runs, in case the daemon dies. */
class Watch {
  statistics: SessionStatistics = NO_STATISTICS;
  readonly #client: SessionDaemonClient;
  readonly #session: string;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();

  constructor(client: SessionDaemonClient, session: string) {
    this.#client = client;
    this.#session = session;
  }

  start(): void {
    const schedule = (): void => {
      this.#timer = setTimeout(() => {
        this.#polling = this.#poll().then(schedule, () => undefined);
      }, POLL_PERIOD_MS);
    };
    schedule();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#polling;
    clearTimeout(this.#timer);
  }

  async #poll(): Promise<void> {
    this.statistics = await this.#client.sessionStatistics(this.#session);
  }
}

/** Our own exit, equal to the command's. */
export function outcomeOf({ exitCode, signal }: ProcessEnd): Outcome {
  return signal === null ? { code: exitCode ?? 0 } : { code: 128, signal: signal.name as NodeJS.Signals };
}
