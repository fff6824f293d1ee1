import { describeError } from '@ringtail/base';
import { type EventSpec, parseEventSpec } from '@ringtail/ctf';
import type { RunDirectory } from '@ringtail/posix';
import { defineApplicationContext } from '../context/application-context.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import { registerTimeoutMs } from '../daemon/daemon-timeouts.ts';
import { debug } from '../host/debug.ts';
import { later, onFailure, soon } from '../host/event-loop.ts';
import { runDirectories, settings } from '../host/inheritance.ts';
import { Statedump } from '../statedump/statedump.ts';
import { STATEDUMP_SITE_LIST } from '../statedump/statedump-events.ts';
import { StatedumpQueue } from '../statedump/statedump-queue.ts';
import { DaemonConnections } from './daemon-connections.ts';
import type { DeclaredSpan } from './declared-span.ts';
import { DesiredProbes, type ProbeListener } from './desired-probes.ts';
import { DesiredRecording } from './desired-recording.ts';
import { inertSpan } from './inert-span.ts';
import { inertTracepoint } from './inert-tracepoint.ts';
import { makeThreadResources, type ResourceFailure, type ThreadResources } from './thread-resources.ts';
import { describeTracepoints } from './tracepoint-list.ts';
import { TracepointSet } from './tracepoint-set.ts';
import type { EnabledListener } from './tracepoint-watches.ts';

const RECONNECT_AFTER_MS = 2000;
/** Delay of the next attempt to read the control file, after one that found a daemon writing. */
const READ_AGAIN_AFTER_MS = 10;

/** The tracer in one JavaScript thread: connects its tracepoints to the session daemons. */
export class ThreadAgent {
  readonly #connections: DaemonConnections;
  readonly #statedumps = new StatedumpQueue(() => this.#scheduleReading());
  readonly #desired = new DesiredRecording(() => this.#connections.openLinks(), this.#statedumps);
  readonly #tracepoints = new TracepointSet(this.#desired, (error) => this.#fail(error));
  readonly #probes = new DesiredProbes({ report: (code, message) => this.report(code, message) });
  #resources: ThreadResources | ResourceFailure | undefined;
  #listingIsScheduled = false;
  #readingIsScheduled = false;
  /** Why nothing can be recorded in this thread. */
  inoperative: string | undefined;

  private constructor(tracerVersion: string, runDirectories: readonly RunDirectory[]) {
    onFailure((error) => this.#fail(error));
    this.#connections = new DaemonConnections({
      tracerVersion,
      runDirectories,
      prepare: () => this.#prepare(),
      onRegistered: () => this.#scheduleListing(),
      onPublished: () => this.#scheduleReading(),
      onLost: () => this.#giveUp('the program has closed descriptors of the tracer'),
      onEnd: (link) => this.#ended(link),
    });
  }

  /** Makes the agent of this thread and registers it with every daemon that runs. Never throws. */
  static start(tracerVersion: string): ThreadAgent {
    const uid = process.getuid?.();
    const agent = new ThreadAgent(tracerVersion, uid === undefined ? [] : runDirectories(uid));
    if (process.platform !== 'linux' || uid === undefined) {
      agent.#giveUp(`tracing needs Linux; this is ${process.platform}`);
      return agent;
    }
    agent.#connections.register(registerTimeoutMs(settings()));
    agent.#scheduleReconnect();
    return agent;
  }

  /** Adds a tracepoint and returns the function that the application calls. */
  declare(event: EventSpec): unknown {
    if (!this.#isAccepted(event)) return inertTracepoint();
    const tracepoint = this.#tracepoints.add(event);
    this.#scheduleListing();
    return tracepoint;
  }

  /** Adds the two events of a span and returns the functions that the application calls. */
  declareSpan(begin: EventSpec, end: EventSpec): DeclaredSpan {
    if (!this.#isAccepted(begin) || !this.#isAccepted(end)) return inertSpan();
    const span = this.#tracepoints.addSpan(begin, end);
    this.#scheduleListing();
    return span;
  }

  #isAccepted(event: EventSpec): boolean {
    try {
      parseEventSpec(event);
      return true;
    } catch (error) {
      const message = `tracepoint ${event.name} is refused: ${describeError(error)}`;
      this.#connections.reportProblem('BAD_TRACEPOINT', message);
      return false;
    }
  }

  /** Withdraws tracepoints that `declare` returned. */
  withdraw(tracepoints: readonly unknown[]): void {
    if (this.#tracepoints.remove(tracepoints)) this.#scheduleListing();
  }

  /**
   * Tells `listener` whether any of these tracepoints is enabled: at once if one is, and from the event loop whenever
   * that has changed.
   */
  watch(tracepoints: readonly unknown[], listener: EnabledListener): void {
    this.#tracepoints.watch(tracepoints, listener);
  }

  /** Tells `listener` the probes that sessions want here: from the event loop, whenever they have changed. */
  listenToProbes(listener: ProbeListener): void {
    this.#probes.listen(listener);
  }

  /** Reports a problem of this thread to the session daemons. */
  report(code: string, message: string): void {
    this.#connections.reportProblem(code, message);
  }

  /** The process ends: sends the pending reports of triggers, then how the process ends. */
  sayGoodbye(exitCode: number, exception: string | null): void {
    this.#desired.flushTriggers();
    this.#connections.reportProgramName();
    this.#connections.send({ type: 'goodbye', exitCode, exception });
  }

  /** Defines the source of the application context `$app.PROVIDER:NAME`. */
  defineContext(provider: string, name: string, read: () => unknown): void {
    if (defineApplicationContext(provider, name, read)) return;
    const message = `context $app.${provider}:${name} is refused: no context can have that name`;
    this.#connections.reportProblem('BAD_CONTEXT', message);
  }

  #ended(link: DaemonLink): void {
    this.#desired.forget(link);
    if (this.#tracepoints.isWatched || this.#probes.isListened) this.#scheduleReading();
  }

  #prepare(): ThreadResources | ResourceFailure {
    this.#resources ??= this.#makeResources();
    if ('reason' in this.#resources || this.inoperative === undefined) return this.#resources;
    return { reason: this.inoperative, posix: this.#resources.posix, isDescriptorShortage: false };
  }

  #makeResources(): ThreadResources | ResourceFailure {
    const made = makeThreadResources();
    if ('reason' in made) {
      this.#giveUp(made.reason);
    } else {
      this.#desired.useResources(made);
      this.#tracepoints.usePage(made.control.page);
    }
    return made;
  }

  /** Attempts go on in a thread that cannot be traced, so that daemons that start later know the reason. */
  #scheduleReconnect(): void {
    later(RECONNECT_AFTER_MS, () => {
      if (this.inoperative !== undefined && !this.#canReportFailure()) return;
      this.#connections.reportProgramName();
      this.#connections.register(0);
      this.#scheduleReconnect();
    });
  }

  #canReportFailure(): boolean {
    const resources = this.#resources;
    return resources !== undefined && 'reason' in resources && !resources.isDescriptorShortage;
  }

  /** Daemons list the tracepoints of running applications. All that a module declares goes out in one message. */
  #scheduleListing(): void {
    if (this.#listingIsScheduled || this.#connections.isEmpty) return;
    this.#listingIsScheduled = true;
    soon(() => {
      this.#listingIsScheduled = false;
      this.#connections.reportProgramName();
      const tracepoints = describeTracepoints([...this.#tracepoints.sites, ...STATEDUMP_SITE_LIST]);
      this.#connections.send({ type: 'tracepoints', tracepoints });
    });
  }

  /** Schedules reading the control file, for what must not wait for the thread's next event. */
  #scheduleReading(): void {
    if (this.#readingIsScheduled || this.inoperative !== undefined) return;
    this.#readingIsScheduled = true;
    soon(() => this.#readNow());
  }

  #readNow(): void {
    this.#readingIsScheduled = false;
    if (this.inoperative !== undefined) return;
    if (this.#tracepoints.reconcile()) {
      this.#recordStatedumps();
      this.#tracepoints.updateWatches();
      this.#probes.update(this.#desired.rules());
    } else if (!this.#connections.isEmpty) {
      // Without a daemon there is nothing to read, and a new registration schedules a reading.
      later(READ_AGAIN_AFTER_MS, () => this.#scheduleReading());
    }
  }

  #recordStatedumps(): void {
    const channels = this.#statedumps.takeDue(this.#desired.bindings);
    if (channels.length === 0) return;
    const { gate, sites } = this.#tracepoints;
    new Statedump(channels, gate, () => this.inoperative === undefined && gate.inside === 0).begin(
      countByProvider(sites.map(({ event }) => event.name)),
    );
  }

  /** Handles an unforeseen error: a defect of the tracer, or a program that has replaced a part of the language. */
  #fail(error: unknown): void {
    if (this.inoperative !== undefined) return;
    const reason = `internal error: ${describeError(error)}`;
    this.#giveUp(reason);
    this.#connections.reportProblem('TRACER_STOPPED', `the tracer has stopped in a thread: ${reason}`);
  }

  #giveUp(reason: string): void {
    debug(reason);
    this.inoperative = reason;
    this.#tracepoints.disable();
    this.#probes.clear();
  }
}

function countByProvider(eventNames: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of eventNames) {
    const provider = name.slice(0, name.indexOf(':'));
    counts.set(provider, (counts.get(provider) ?? 0) + 1);
  }
  return counts;
}
