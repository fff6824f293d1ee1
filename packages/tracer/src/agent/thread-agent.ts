import { isMainThread } from 'node:worker_threads';
import { describeError } from '@ringtail/base';
import { type EventSpec, parseEventSpec } from '@ringtail/ctf';
import { loadPosix, type Posix, type RunDirectory } from '@ringtail/posix';
import {
  APP_PROTOCOL_VERSION,
  ControlPage,
  type DesiredChannel,
  type RegisterMessage,
  type UnableMessage,
} from '@ringtail/protocol';
import { defineApplicationContext } from '../context/application-context.ts';
import { contextTroubleOf, onContextTrouble } from '../context/context-problems.ts';
import { makeRecorder, makeTracepoint } from '../recorder/code-generation.ts';
import type { Gate, Recorder, RecorderTarget, TriggerTarget } from '../recorder/recorder-plan.ts';
import type { Site } from '../recorder/tracepoint-function.ts';
import { buildTriggers } from '../recorder/trigger-actions.ts';
import { makeWaitingRecorder } from '../recorder/waiting-recorder.ts';
import { Statedump } from '../statedump/statedump.ts';
import { STATEDUMP_SITE_LIST } from '../statedump/statedump-events.ts';
import type { CountingSpaces } from '../triggers/trigger-binding.ts';
import { TriggerSet } from '../triggers/trigger-set.ts';
import { ChannelBinding, type ThreadIdentity } from '../channel/channel-binding.ts';
import { ControlFile } from '../control/control-file.ts';
import { CounterSpace } from '../control/counter-space.ts';
import { DaemonLink } from '../daemon/daemon-link.ts';
import { registerTimeoutMs } from '../daemon/daemon-timeouts.ts';
import { debug } from '../host/debug.ts';
import { descriptorShortage } from '../host/descriptor-reserve.ts';
import { later, onFailure, soon } from '../host/event-loop.ts';
import { HandingOn, handedOnSocket, runDirectories, settings } from '../host/inheritance.ts';
import { noteDescriptor, unmapLeftovers } from '../host/worker-cleanup.ts';
import { inertTracepoint } from '../api/registry.ts';
import { StateReader } from '../control/state-reader.ts';
import { TallySpace } from '../control/tally-space.ts';
import { threadName } from '../host/thread-name.ts';
import { describeTracepoints } from './tracepoint-list.ts';
import { isTrustworthy } from '../daemon/trusted-directory.ts';
import { UnableLink } from '../daemon/unable-link.ts';

const RECONNECT_AFTER_MS = 2000;
/** When to look again where a daemon was writing. */
const LOOK_AGAIN_AFTER_MS = 10;
const GENERATION = ControlPage.GENERATION / 4;
/** Captured at load: programs may replace these, and how arrays are spread. */
const { apply } = Reflect;
const RangeErrorConstructor = RangeError;

/**
 * The tracer in one JavaScript thread: its registrations, its tracepoints, and what they record now.
 *
 * It reconciles: whenever the generation number differs from the one the recorders were made for, it reads the desired
 * state anew, and each tracepoint finds out at its next execution what it has to do.
 */
export class ThreadAgent {
  readonly #tracerVersion: string;
  readonly #runDirectories: readonly RunDirectory[];
  /** Stands for the control page while there is none. */
  readonly #idlePage = new Uint32Array(GENERATION + 1);
  readonly #gate: Gate = {
    page: this.#idlePage,
    inside: 0,
    failed: (error, site) => this.#recordingFailed(error, site as Site),
  };
  #sites: Site[] = [];
  readonly #siteOf = new WeakMap<object, Site>();
  readonly #links = new Map<number, DaemonLink>();
  readonly #handingOn: HandingOn;
  /** Daemons that know that this thread cannot register, by slot. */
  readonly #unableLinks = new Map<number, UnableLink>();
  #isUnable = false;
  /** The program has too few descriptors: daemons are told so, and no connection stays. */
  #isCrowded = false;
  readonly #published = new WeakMap<DaemonLink, Published>();
  /** Another map whenever something about channels has changed. */
  #bindings = new Map<string, ChannelBinding>();
  /** The daemons that `#bindings` are of; null once they no longer are what these have published. */
  #boundLinks: readonly DaemonLink[] | null = [];
  /** The generation that `#bindings` were read at. */
  #reconciled = 0;
  /** What the recorder of a tracepoint was made for. */
  readonly #plans = new WeakMap<Site, Plan>();
  #posix: Posix | undefined;
  #control: ControlFile | undefined;
  #spaces: CountingSpaces | undefined;
  readonly #triggers = new TriggerSet();
  #identity: ThreadIdentity | undefined;
  #tellScheduled = false;
  #lookScheduled = false;
  /** By channel: the number of the statedump that was recorded last, and of the one that is to be. */
  readonly #dumped = new Map<string, number>();
  #dumpsDue = new Map<string, number>();
  /** Channels with contexts, by the same keys as `#bindings`. */
  #contextUsers = new Map<string, ContextUser>();
  /** What was refused, told to every daemon that we register with. */
  readonly #refusals: { readonly code: string; readonly message: string }[] = [];
  inoperative: string | undefined;

  private constructor(tracerVersion: string, runDirectories: readonly RunDirectory[]) {
    this.#tracerVersion = tracerVersion;
    this.#runDirectories = runDirectories;
    onFailure((error) => this.#fail(error));
    this.#handingOn = new HandingOn(runDirectories);
    onContextTrouble((context, message) => {
      for (const user of this.#contextUsers.values()) if (user.contexts.includes(context)) tellOf(user, message);
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
    agent.#register(registerTimeoutMs(settings()));
    agent.#scheduleReconnect();
    return agent;
  }

  /** Adds a tracepoint and returns the function that the application calls. */
  declare(event: EventSpec): unknown {
    try {
      parseEventSpec(event);
    } catch (error) {
      this.#tellTrouble('BAD_TRACEPOINT', `tracepoint ${event.name} is refused: ${describeError(error)}`);
      return inertTracepoint();
    }
    const site: Site = { event, off: 0, on: -1, record: noOperation };
    const tracepoint = makeTracepoint(site, this.#gate);
    Object.defineProperty(tracepoint, 'enabled', { get: () => this.#isEnabled(site) });
    this.#siteOf.set(tracepoint, site);
    site.record = ((...values: unknown[]) => this.#resolveAndRecord(site, values)) as Recorder;
    this.#sites.push(site);
    this.#scheduleTellingTracepoints();
    return tracepoint;
  }

  /** Takes back what `declare` returned. */
  withdraw(tracepoints: readonly unknown[]): void {
    const gone = new Set<Site>();
    for (const tracepoint of tracepoints) {
      const site = this.#siteOf.get(tracepoint as object);
      if (site === undefined) continue;
      gone.add(site);
      site.on = -1;
      site.record = noOperation;
    }
    if (gone.size === 0) return;
    this.#sites = this.#sites.filter((site) => !gone.has(site));
    this.#scheduleTellingTracepoints();
  }

  /** The process ends: what triggers have gathered goes out, then how it ends. */
  sayGoodbye(exitCode: number, exception: string | null): void {
    this.#triggers.flush();
    for (const link of this.#links.values()) link.send({ type: 'goodbye', exitCode, exception });
  }

  /** Says where the application context `$app.PROVIDER:NAME` comes from. */
  defineContext(provider: string, name: string, read: () => unknown): void {
    if (defineApplicationContext(provider, name, read)) return;
    this.#tellTrouble('BAD_CONTEXT', `context $app.${provider}:${name} is refused: no context can have that name`);
  }

  #isEnabled(site: Site): boolean {
    const generation = this.#gate.page[GENERATION];
    if (generation === site.off) return false;
    if (generation === site.on) return true;
    if (site.record === noOperation) return false;
    return this.#resolve(site) && this.#gate.page[GENERATION] !== site.off;
  }

  #resolveAndRecord(site: Site, values: unknown[]): void {
    if (this.#gate.inside !== 0) this.#countNested(site);
    else if (this.#resolve(site) && site.on >= 0) apply(site.record, undefined, values);
  }

  /**
   * An event was hit inside a recorder, and has none of its own that is good. The one that runs shall not lose its rings, so that
   * nothing is read anew: the event is counted by what was wanted when that was done last.
   */
  #countNested(site: Site): void {
    for (const binding of this.#bindings.values()) if (binding.wants(site)) binding.countNested();
    if (this.#spaces === undefined) return;
    buildTriggers(this.#triggers.targetsFor(site.event, this.#spaces), site.event).missed();
  }

  /** The stack may have been exhausted: that is the program's, and passes. The event is then counted like a nested one. */
  #recordingFailed(error: unknown, site: Site): void {
    this.#gate.inside = 0;
    if (error instanceof RangeErrorConstructor) soon(() => this.#countNested(site));
    else this.#fail(error);
  }

  /** Makes the site good for the current generation. False if that has to wait for the next event. */
  #resolve(site: Site): boolean {
    if (this.#gate.inside !== 0) return false;
    try {
      const generation = this.#gate.page[GENERATION] as number;
      if (this.#reconciled !== generation && !this.#reconcile(generation)) return false;
      this.#plan(site, generation);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Reads what every daemon has published since; keeps what stays. False if a daemon is writing right now. */
  #reconcile(generation: number): boolean {
    const control = this.#control;
    if (control === undefined) return false;
    const links = [...this.#links.values()].filter(({ isOpen }) => isOpen);
    for (const link of links) if (!this.#readOn(link, control)) return false;
    this.#triggers.retain(links);
    const bound = this.#boundLinks;
    if (bound?.length !== links.length || links.some((link, i) => link !== bound[i])) this.#bind(links);
    this.#reconciled = generation;
    if (this.#dumpsDue.size > 0) this.#scheduleLook();
    return true;
  }

  #readOn(link: DaemonLink, control: ControlFile): boolean {
    const published = this.#published.get(link) ?? { reader: new StateReader(control, link.slot), channels: [] };
    this.#published.set(link, published);
    const news = published.reader.read();
    if (news === undefined) return false;
    const channels = news.changes.findLast((change) => change.channels !== undefined)?.channels;
    if (channels !== undefined || news.isWhole) {
      published.channels = channels ?? [];
      this.#boundLinks = null;
    }
    this.#triggers.take(link, news);
    return true;
  }

  #bind(links: readonly DaemonLink[]): void {
    const identity = this.#identity;
    const spaces = this.#spaces;
    if (identity === undefined || spaces === undefined) return;
    const bindings = new Map<string, ChannelBinding>();
    const contextUsers = new Map<string, ContextUser>();
    for (const link of links) {
      for (const desired of this.#published.get(link)?.channels ?? []) {
        const key = `${link.slot}:${desired.key}`;
        let binding = this.#bindings.get(key);
        if (binding === undefined || binding.link !== link) {
          binding = new ChannelBinding(link, desired, identity, spaces.counters);
          tellKnownTroubles({ link, channel: desired.key, contexts: desired.contexts });
        } else {
          binding.update(desired);
        }
        bindings.set(key, binding);
        if (desired.contexts.length > 0) {
          contextUsers.set(key, { link, channel: desired.key, contexts: desired.contexts });
        }
        if (desired.statedump > (this.#dumped.get(key) ?? 0)) this.#dumpsDue.set(key, desired.statedump);
      }
    }
    for (const [key, binding] of this.#bindings) {
      if (bindings.get(key) !== binding) binding.retire();
    }
    this.#bindings = bindings;
    this.#contextUsers = contextUsers;
    this.#boundLinks = links;
  }

  /** Has this thread do what does not wait for its next event, once it is in the middle of nothing. */
  #scheduleLook(): void {
    if (this.#lookScheduled || this.inoperative !== undefined) return;
    this.#lookScheduled = true;
    soon(() => this.#look());
  }

  #look(): void {
    this.#lookScheduled = false;
    if (this.inoperative !== undefined) return;
    const generation = this.#gate.page[GENERATION] as number;
    const isReady = this.#gate.inside === 0 && (this.#reconciled === generation || this.#reconcile(generation));
    if (isReady) this.#recordStatedumps();
    else this.#lookAgain();
  }

  #lookAgain(): void {
    // Without a daemon there is nothing to look at, and whoever registers will look.
    if (this.#links.size === 0) return;
    later(LOOK_AGAIN_AFTER_MS, () => this.#scheduleLook());
  }

  #recordStatedumps(): void {
    const due = this.#dumpsDue;
    this.#dumpsDue = new Map();
    const channels: ChannelBinding[] = [];
    for (const [key, number] of due) {
      const binding = this.#bindings.get(key);
      if (binding === undefined || number <= (this.#dumped.get(key) ?? 0)) continue;
      this.#dumped.set(key, number);
      if (STATEDUMP_SITE_LIST.some((site) => binding.wants(site))) channels.push(binding);
    }
    if (channels.length === 0) return;
    const providers = new Map<string, number>();
    for (const { event } of this.#sites) {
      const provider = event.name.slice(0, event.name.indexOf(':'));
      providers.set(provider, (providers.get(provider) ?? 0) + 1);
    }
    new Statedump(channels, this.#gate, () => this.inoperative === undefined && this.#gate.inside === 0).begin(
      providers,
    );
  }

  #plan(site: Site, generation: number): void {
    const bindings = this.#bindings;
    const triggers = this.#spaces === undefined ? [] : this.#triggers.targetsFor(site.event, this.#spaces);
    const former = this.#plans.get(site);
    if (former?.bindings === bindings && former.triggers === triggers) {
      // Whatever has changed is about other events.
      if (former.isOff) site.off = generation;
      else site.on = generation;
      return;
    }
    const targets: RecorderTarget[] = [];
    const waiting: ChannelBinding[] = [];
    for (const binding of bindings.values()) {
      if (!binding.wants(site)) continue;
      const target = binding.target(site, this.#sites);
      if (target === 'later') waiting.push(binding);
      else if (target !== 'never') targets.push(target);
    }
    const stale = ((...values: unknown[]) => this.#resolveAndRecord(site, values)) as Recorder;
    const plan = { event: site.event, targets, triggers, gate: this.#gate, site, stale };
    if (waiting.length > 0) {
      this.#plans.delete(site);
      site.record = makeWaitingRecorder(
        plan,
        waiting.map((binding) => binding.waitingFor(site)),
      );
      site.on = generation;
      return;
    }
    const isOff = targets.length === 0 && triggers.length === 0;
    if (isOff) {
      site.on = -1;
      site.off = generation;
      site.record = stale;
    } else {
      site.record = makeRecorder(plan);
      site.on = generation;
    }
    this.#plans.set(site, { bindings, triggers, isOff });
  }

  #register(timeoutMs: number): void {
    for (const [slot, directory] of this.#runDirectories.entries()) {
      if (this.#links.has(slot) || this.#unableLinks.has(slot)) continue;
      const socketPath = isTrustworthy(directory) ? directory.appSocket : handedOnSocket(directory);
      if (socketPath === undefined) continue;
      try {
        const prepared = this.#prepare();
        if (prepared === undefined) this.#tellInability(socketPath, slot);
        else this.#registerWith(prepared, socketPath, slot, timeoutMs);
      } catch (error) {
        debug(`cannot register at ${directory.appSocket}: ${describeError(error)}`);
      }
    }
  }

  #registerWith(prepared: Prepared, socketPath: string, slot: number, timeoutMs: number): void {
    const register: RegisterMessage = {
      type: 'register',
      protocol: APP_PROTOCOL_VERSION,
      tracerVersion: this.#tracerVersion,
      runtime: `Node.js ${process.versions.node}`,
      ppid: process.ppid,
      mainThread: isMainThread,
      slot,
      ...prepared.identity,
    };
    const link = DaemonLink.connect({
      posix: prepared.posix,
      socketPath,
      register,
      controlFd: prepared.control.fd,
      timeoutMs,
      onLook: () => this.#scheduleLook(),
      onRefused: (why) => debug(`refused at ${socketPath}: ${why}`),
      onLost: () => this.#giveUp('the program has closed descriptors of the tracer'),
      onEnd: (ended) => this.#forget(ended),
    });
    if (!(link instanceof DaemonLink)) {
      debug(`refused at ${socketPath}: ${link.refused}`);
      return;
    }
    this.#links.set(slot, link);
    this.#handingOn.registered(slot);
    for (const refusal of this.#refusals) link.send({ type: 'trouble', channel: null, ...refusal });
    this.#scheduleTellingTracepoints();
  }

  #tellInability(socketPath: string, slot: number): void {
    const message: UnableMessage = {
      type: 'unable',
      protocol: APP_PROTOCOL_VERSION,
      procname: threadName(),
      reason: this.inoperative ?? 'the tracer could not start',
    };
    if (this.#isCrowded && this.#posix !== undefined) {
      UnableLink.tell(this.#posix, socketPath, message);
      return;
    }
    const link = UnableLink.connect(this.#posix, socketPath, message);
    this.#unableLinks.set(slot, link);
    link.onEnd(() => this.#unableLinks.delete(slot));
  }

  /** What registering needs and a program without a daemon never pays for: koffi, the control file. */
  #prepare(): Prepared | undefined {
    if (this.inoperative !== undefined) return undefined;
    if (this.#posix === undefined) {
      const loaded = loadPosix();
      if (!loaded.ok) {
        this.#isUnable = true;
        this.#giveUp(loaded.reason);
        return undefined;
      }
      this.#posix = loaded.posix;
    }
    const shortage = this.#control === undefined ? descriptorShortage() : undefined;
    if (shortage !== undefined) {
      this.#isCrowded = true;
      this.#giveUp(shortage);
      return undefined;
    }
    try {
      this.#identity ??= { pid: process.pid, tid: this.#posix.gettid(), procname: threadName() };
      if (this.#control === undefined) {
        if (!isMainThread) unmapLeftovers(this.#posix);
        this.#control = ControlFile.create(this.#posix, this.#identity.tid);
        if (!isMainThread) noteDescriptor(this.#posix, this.#control.fd);
        this.#spaces = { counters: new CounterSpace(this.#control), tallies: new TallySpace(this.#control) };
        this.#gate.page = this.#control.page;
      }
    } catch (error) {
      this.#isUnable = true;
      this.#giveUp(`no control file: ${describeError(error)}`);
      return undefined;
    }
    return { posix: this.#posix, control: this.#control, identity: this.#identity };
  }

  #forget(link: DaemonLink): void {
    if (this.#links.get(link.slot) !== link) return;
    this.#links.delete(link.slot);
    // Its successor numbers channels anew.
    for (const key of this.#dumped.keys()) if (key.startsWith(`${link.slot}:`)) this.#dumped.delete(key);
    this.#control?.clearSlot(link.slot);
    this.#triggers.forget(link);
    this.#spaces?.counters.forget(link.slot);
    this.#spaces?.tallies.forget(link.slot);
    this.#control?.bumpGeneration();
  }

  #scheduleReconnect(): void {
    later(RECONNECT_AFTER_MS, () => {
      if (this.inoperative !== undefined && !this.#isUnable) return;
      this.#register(0);
      this.#scheduleReconnect();
    });
  }

  /** Daemons list the tracepoints of running applications; one message for all that a module declares. */
  #scheduleTellingTracepoints(): void {
    if (this.#tellScheduled || this.#links.size === 0) return;
    this.#tellScheduled = true;
    // A microtask: it is run in a program that ends at once as well, and it is no resource that anybody could notice.
    soon(() => {
      this.#tellScheduled = false;
      const tracepoints = describeTracepoints([...this.#sites, ...STATEDUMP_SITE_LIST]);
      for (const link of this.#links.values()) link.send({ type: 'tracepoints', tracepoints });
    });
  }

  #tellTrouble(code: string, message: string): void {
    debug(message);
    this.#refusals.push({ code, message });
    for (const link of this.#links.values()) link.send({ type: 'trouble', channel: null, code, message });
  }

  /** What went wrong is not foreseen: a defect of ours, or a program that has replaced what the language offers. */
  #fail(error: unknown): void {
    if (this.inoperative !== undefined) return;
    const reason = `internal error: ${describeError(error)}`;
    this.#giveUp(reason);
    this.#tellTrouble('TRACER_STOPPED', `the tracer has stopped in a thread: ${reason}`);
  }

  /** Uses nothing that a program could have replaced. */
  #giveUp(reason: string): void {
    debug(reason);
    this.inoperative = reason;
    this.#gate.page = this.#idlePage;
    for (let i = 0; i < this.#sites.length; i++) {
      const site = this.#sites[i] as Site;
      site.off = 0;
      site.record = noOperation;
    }
  }
}

/** What a daemon has published so far. */
interface Published {
  readonly reader: StateReader;
  channels: readonly DesiredChannel[];
}

/** What registering needs. */
interface Prepared {
  readonly posix: Posix;
  readonly control: ControlFile;
  readonly identity: ThreadIdentity;
}

interface Plan {
  readonly bindings: ReadonlyMap<string, ChannelBinding>;
  readonly triggers: readonly TriggerTarget[];
  readonly isOff: boolean;
}

/** A channel that records contexts, for what is to be told of them. */
interface ContextUser {
  readonly link: DaemonLink;
  readonly channel: number;
  readonly contexts: readonly string[];
}

function tellOf({ link, channel }: ContextUser, message: string): void {
  debug(message);
  link.send({ type: 'trouble', channel, code: 'NO_CONTEXT', message });
}

/** A thread finds out once what is wrong with a context; channels that come later are to know as well. */
function tellKnownTroubles(user: ContextUser): void {
  for (const context of user.contexts) {
    const message = contextTroubleOf(context);
    if (message !== undefined) tellOf(user, message);
  }
}

function noOperation(): void {}
