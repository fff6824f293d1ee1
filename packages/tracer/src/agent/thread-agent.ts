import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { describeError } from '@ringtail/base';
import { type EventSpec, parseEventSpec } from '@ringtail/ctf';
import { loadPosix, type Posix } from '@ringtail/posix';
import {
  APP_PROTOCOL_VERSION,
  applicationRunDirectories,
  ControlPage,
  type JsonValue,
  type RegisterMessage,
  type RunDirectory,
} from '@ringtail/protocol';
import { makeRecorder, makeTracepoint } from '../recorder/code-generation.ts';
import type { Gate, Recorder, RecorderTarget } from '../recorder/recorder.ts';
import type { Site } from '../recorder/tracepoint-function.ts';
import { ChannelBinding, type ThreadIdentity } from './channel-binding.ts';
import { ControlFile } from './control-file.ts';
import { DaemonLink } from './daemon-link.ts';
import { unmapLeftovers } from './leftovers.ts';

/** Captured at load: test frameworks replace timers. */
const { setTimeout, queueMicrotask } = globalThis;

const REGISTER_TIMEOUT_MS = 3000;
const RECONNECT_AFTER_MS = 2000;
const GENERATION = ControlPage.GENERATION / 4;

/**
 * The tracer in one JavaScript thread: its registrations, its tracepoints, and what they record now.
 *
 * It reconciles: whenever the generation number differs from the one the recorders were made for, it reads the desired
 * state anew, and each tracepoint finds out at its next execution what it has to do.
 */
export class ThreadAgent {
  readonly #tracerVersion: string;
  readonly #runDirectories: readonly RunDirectory[];
  readonly #gate: Gate = { page: new Uint32Array(GENERATION + 1), inside: 0 };
  readonly #sites: Site[] = [];
  readonly #links = new Map<number, DaemonLink>();
  #bindings = new Map<string, ChannelBinding>();
  /** The generation that `#bindings` were read at. */
  #reconciled = 0;
  #posix: Posix | undefined;
  #control: ControlFile | undefined;
  #identity: ThreadIdentity | undefined;
  #tellScheduled = false;
  /** Declarations that were refused, told to every daemon that we register with. */
  readonly #refusals: string[] = [];
  inoperative: string | undefined;

  private constructor(tracerVersion: string, runDirectories: readonly RunDirectory[]) {
    this.#tracerVersion = tracerVersion;
    this.#runDirectories = runDirectories;
  }

  /** Makes the agent of this thread and registers it with every daemon that runs. Never throws. */
  static start(tracerVersion: string): ThreadAgent {
    const uid = process.getuid?.();
    const agent = new ThreadAgent(tracerVersion, uid === undefined ? [] : applicationRunDirectories(process.env, uid));
    if (process.platform !== 'linux' || uid === undefined) {
      agent.#giveUp(`tracing needs Linux; this is ${process.platform}`);
      return agent;
    }
    agent.#register(registerTimeoutMs());
    agent.#scheduleReconnect();
    return agent;
  }

  /** Adds a tracepoint and returns the function that the application calls. */
  declare(event: EventSpec): unknown {
    const site: Site = { event, off: 0, on: -1, record: noOperation };
    const tracepoint = makeTracepoint(site, this.#gate);
    Object.defineProperty(tracepoint, 'enabled', { get: () => this.#isEnabled(site) });
    try {
      parseEventSpec(event);
    } catch (error) {
      this.#refuseTracepoint(`tracepoint ${event.name} is refused: ${describeError(error)}`);
      return tracepoint;
    }
    site.record = ((...values: unknown[]) => this.#resolveAndRecord(site, values)) as Recorder;
    this.#sites.push(site);
    this.#scheduleTellingTracepoints();
    return tracepoint;
  }

  #isEnabled(site: Site): boolean {
    const generation = this.#gate.page[GENERATION];
    if (generation === site.off) return false;
    if (generation === site.on) return true;
    return this.#resolve(site) && this.#gate.page[GENERATION] !== site.off;
  }

  #resolveAndRecord(site: Site, values: unknown[]): void {
    if (this.#gate.inside !== 0) return;
    if (this.#resolve(site) && site.on >= 0) (site.record as (...values: unknown[]) => void)(...values);
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
      this.#giveUp(`internal error: ${describeError(error)}`);
      return false;
    }
  }

  /** Reads the desired state of every daemon; keeps the bindings that stay. False if a daemon is writing right now. */
  #reconcile(generation: number): boolean {
    const control = this.#control;
    if (control === undefined || this.#identity === undefined) return false;
    const bindings = new Map<string, ChannelBinding>();
    for (const link of this.#links.values()) {
      if (!link.isOpen) continue;
      const state = control.readState(link.slot);
      if (state === undefined) return false;
      for (const desired of state.channels) {
        const key = `${link.slot}:${desired.key}`;
        let binding = this.#bindings.get(key);
        if (binding === undefined || binding.link !== link) {
          binding = new ChannelBinding(link, desired, this.#identity);
        } else {
          binding.update(desired);
        }
        bindings.set(key, binding);
      }
    }
    for (const [key, binding] of this.#bindings) {
      if (bindings.get(key) !== binding) binding.retire();
    }
    this.#bindings = bindings;
    this.#reconciled = generation;
    return true;
  }

  #plan(site: Site, generation: number): void {
    const wanting = [...this.#bindings.values()].filter((binding) => binding.wants(site));
    const targets: RecorderTarget[] = [];
    const waiting: ChannelBinding[] = [];
    for (const binding of wanting) {
      const target = binding.target(site, this.#sites);
      if (target === 'later') waiting.push(binding);
      else if (target !== 'never') targets.push(target);
    }
    const stale = ((...values: unknown[]) => this.#resolveAndRecord(site, values)) as Recorder;
    if (waiting.length > 0) {
      // Not resolved, so that the next event asks again; this one is lost and counted.
      for (const binding of waiting) binding.countDiscarded();
      site.on = -1;
      site.record = stale;
    } else if (targets.length === 0) {
      site.on = -1;
      site.off = generation;
      site.record = stale;
    } else {
      site.record = makeRecorder({ event: site.event, targets, gate: this.#gate, generation, stale });
      site.on = generation;
    }
  }

  #register(timeoutMs: number): void {
    this.#runDirectories.forEach((directory, slot) => {
      if (this.inoperative !== undefined || this.#links.has(slot) || !isTrustworthy(directory)) return;
      try {
        this.#registerWith(directory, slot, timeoutMs);
      } catch (error) {
        debug(`cannot register at ${directory.appSocket}: ${describeError(error)}`);
      }
    });
  }

  #registerWith(directory: RunDirectory, slot: number, timeoutMs: number): void {
    const prepared = this.#prepare();
    if (prepared === undefined) return;
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
      socketPath: directory.appSocket,
      register,
      controlFd: prepared.control.fd,
      timeoutMs,
      onEnd: (ended) => this.#forget(ended),
    });
    if (!(link instanceof DaemonLink)) {
      debug(`refused at ${directory.appSocket}: ${link.refused}`);
      return;
    }
    this.#links.set(slot, link);
    for (const message of this.#refusals)
      link.send({ type: 'trouble', channel: null, code: 'BAD_TRACEPOINT', message });
    if (this.#sites.length > 0) this.#scheduleTellingTracepoints();
  }

  /** What registering needs and a program without a daemon never pays for: koffi, the control file. */
  #prepare(): { posix: Posix; control: ControlFile; identity: ThreadIdentity } | undefined {
    if (this.#posix === undefined) {
      const loaded = loadPosix();
      if (!loaded.ok) {
        this.#giveUp(loaded.reason);
        return undefined;
      }
      this.#posix = loaded.posix;
    }
    try {
      this.#identity ??= { pid: process.pid, tid: this.#posix.gettid(), procname: processName() };
      if (this.#control === undefined) {
        if (!isMainThread) unmapLeftovers(this.#posix);
        this.#control = ControlFile.create(this.#posix, this.#identity.tid);
        this.#gate.page = this.#control.page;
      }
    } catch (error) {
      this.#giveUp(`no control file: ${describeError(error)}`);
      return undefined;
    }
    return { posix: this.#posix, control: this.#control, identity: this.#identity };
  }

  #forget(link: DaemonLink): void {
    if (this.#links.get(link.slot) !== link) return;
    this.#links.delete(link.slot);
    this.#control?.clearSlot(link.slot);
    this.#control?.bumpGeneration();
  }

  #scheduleReconnect(): void {
    setTimeout(() => {
      if (this.inoperative !== undefined) return;
      this.#register(0);
      this.#scheduleReconnect();
    }, RECONNECT_AFTER_MS).unref();
  }

  /** Daemons list the tracepoints of running applications; one message for all that a module declares. */
  #scheduleTellingTracepoints(): void {
    if (this.#tellScheduled || this.#links.size === 0) return;
    this.#tellScheduled = true;
    // A microtask: it is run in a program that ends at once as well, and it is no resource that anybody could notice.
    queueMicrotask(() => {
      this.#tellScheduled = false;
      const tracepoints = this.#sites.map(({ event: { name, logLevel, fields } }) => ({
        name,
        logLevel,
        fields: fields as unknown as readonly JsonValue[],
      }));
      for (const link of this.#links.values()) link.send({ type: 'tracepoints', tracepoints });
    });
  }

  #refuseTracepoint(message: string): void {
    debug(message);
    this.#refusals.push(message);
    for (const link of this.#links.values())
      link.send({ type: 'trouble', channel: null, code: 'BAD_TRACEPOINT', message });
  }

  #giveUp(reason: string): void {
    debug(reason);
    this.inoperative = reason;
    this.#gate.page = new Uint32Array(GENERATION + 1);
    for (const site of this.#sites) {
      site.off = 0;
      site.record = noOperation;
    }
  }
}

/** The title without the directory of `node`, which is what a title that nobody set starts with. */
function processName(): string {
  return process.title.startsWith('/') ? basename(process.title) : process.title;
}

function noOperation(): void {}

/** LTTng's `LTTNG_UST_REGISTER_TIMEOUT`: milliseconds, 0 to not wait, −1 for ever. */
function registerTimeoutMs(): number {
  const text = process.env.RINGTAIL_REGISTER_TIMEOUT;
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isInteger(value) && value >= -1 ? value : REGISTER_TIMEOUT_MS;
}

/** Whether a daemon may be there, and its directory belongs to root or to this user, who alone may write in it. */
function isTrustworthy(directory: RunDirectory): boolean {
  try {
    if (!existsSync(directory.appSocket)) return false;
    const { uid, mode } = statSync(directory.path);
    const isOurs = uid === 0 || uid === process.getuid?.();
    if (isOurs && (mode & 0o022) === 0) return true;
    debug(`${directory.path} belongs to somebody else, or others may write in it: not registering there`);
  } catch (error) {
    debug(`cannot look at ${directory.path}: ${describeError(error)}`);
  }
  return false;
}

function debug(message: string): void {
  if (process.env.RINGTAIL_DEBUG === '1') process.stderr.write(`ringtail: ${message}\n`);
}
