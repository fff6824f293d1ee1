import type { Timers } from '@ringtail/base';
import { Ticker } from '../../../clock/ticker.ts';
import type { Program, ProgramTroubles } from '../diagnosis/program-troubles.ts';
import { PRELOAD_VARIABLES, type Preload, type ProcessView } from './process-view.ts';

/** Shorter than the start of Node.js. */
const COMMAND_LOOK_PERIOD_MS = 30;
const LOOK_PERIOD_MS = 1000;
/** A look takes milliseconds on a machine with thousands of processes: it may take this fraction of the time. */
const IDLE_RATIO = 20;
/**
 * A program that registers later is reported until it registers. The time is longer than the start of Node.js on an
 * overloaded machine, because notifications of triggers cannot be taken back.
 */
const PATIENCE_MS = 30_000;

export interface UnregisteredProgramsOptions {
  readonly view: ProcessView;
  readonly troubles: ProgramTroubles;
  /** Numbers of the registered processes. */
  readonly registeredPids: () => Iterable<number>;
  /** Reads what programs have sent: a program that has ended may have registered before. */
  readonly drainApplications: () => void;
  /** Whether a session is active. */
  readonly isWanted: () => boolean;
  readonly timers: Timers;
}

/** A process as far as it is known. */
interface Entry {
  readonly parent: number;
  readonly startTime: string;
  readonly sinceMs: number;
  /** The program to report; null if there is none, or not yet. */
  found: {
    readonly name: string;
    readonly program: Program;
    readonly lost: readonly string[];
    /** Its options forbid native addons and, in Node.js 25 and later, sockets: it could not report that itself. */
    readonly isRestricted: boolean;
  } | null;
  /** Variables that its children inherit; undefined until they matter. */
  preload: Preload | undefined;
  /** Whether it belongs to a command that is recorded as a whole. */
  isOfCommand: boolean;
  isReported: boolean;
  /** Address of the arguments of a program that is not Node.js. */
  otherProgramAt: string | undefined;
}

/**
 * Finds Node.js programs that should have registered and have not: programs of a command that is recorded as a whole,
 * and children of registered programs that lack their variables.
 *
 * The kernel does not report children of other processes, so the daemon looks for them: once a second, or during a
 * recorded command more often than Node.js can start. It examines only processes that are new since the last look.
 */
export class UnregisteredPrograms {
  readonly #options: UnregisteredProgramsOptions;
  readonly #ticker: Ticker;
  #costMs = 0;
  /** Variables of recorded commands, by process number. */
  readonly #commands = new Map<number, Preload>();
  readonly #entries = new Map<number, Entry>();
  /** Numbers of running processes that registered, or reported why they cannot. */
  readonly #heardOf = new Set<number>();

  constructor(options: UnregisteredProgramsOptions) {
    this.#options = options;
    this.#ticker = new Ticker(options.timers, () => {
      const begin = options.timers.nowMs();
      this.#tick();
      this.#costMs = Math.ceil(options.timers.nowMs() - begin);
      this.#ticker.every(this.#periodMs());
    });
  }

  /** A session may have changed. */
  sessionsChanged(): void {
    if (this.#options.isWanted()) {
      this.#ticker.every(this.#periodMs());
      return;
    }
    this.#ticker.every(undefined);
    this.#forgetAll();
  }

  #periodMs(): number {
    return this.#commands.size > 0 ? Math.max(COMMAND_LOOK_PERIOD_MS, IDLE_RATIO * this.#costMs) : LOOK_PERIOD_MS;
  }

  /** Watches a command whose processes are all recorded; `preload` was put into its environment. */
  watchCommand(pid: number, preload: Preload): void {
    this.#commands.set(pid, preload);
    this.#entries.delete(pid);
    this.sessionsChanged();
    this.#tick();
  }

  /** A process has registered, or has reported why it cannot. */
  heardOf(pid: number): void {
    this.#heardOf.add(pid);
    const entry = this.#entries.get(pid);
    if (entry === undefined || entry.found === null || !entry.isReported) return;
    const { startTime = entry.startTime } = this.#options.view.originOf(pid) ?? {};
    if (startTime === entry.startTime) this.#options.troubles.registeredLate(entry.found.program);
  }

  /** A session is about to be stopped: findings so far are reported. */
  settle(): void {
    if (this.#options.isWanted()) this.#tick(true);
  }

  close(): void {
    this.#ticker.every(undefined);
    this.#forgetAll();
  }

  #tick(isLast = false): void {
    const { view, drainApplications, registeredPids } = this.#options;
    const there = new Set(view.pids());
    const gone = [...this.#entries].filter(([pid]) => !there.has(pid));
    if (isLast || gone.some(([, entry]) => entry.found !== null)) drainApplications();
    for (const [pid, entry] of gone) this.#settleEnded(pid, entry);
    for (const pid of this.#heardOf) if (!there.has(pid)) this.#heardOf.delete(pid);
    const registered = new Set(registeredPids());
    for (const pid of there) this.#see(pid, registered, isLast);
  }

  #see(pid: number, registered: ReadonlySet<number>, isLast: boolean): void {
    const entry = this.#entries.get(pid) ?? this.#enter(pid);
    if (entry === undefined || entry.isReported || this.#heardOf.has(pid)) return;
    const origin = this.#originOf(entry, registered);
    if (origin === undefined) return;
    entry.isOfCommand ||= origin.isOfCommand;
    entry.found ??= this.#find(pid, entry, origin);
    if (entry.found === null) return;
    const isLate = this.#options.timers.nowMs() - entry.sinceMs >= PATIENCE_MS;
    // A command's session records nothing of a program that registers after it has been stopped.
    const isMissed = isLast && (entry.isOfCommand || entry.found.lost.length > 0);
    if (isLate || isMissed) this.#report(entry, 'addUnregistered');
  }

  #enter(pid: number): Entry | undefined {
    const origin = this.#options.view.originOf(pid);
    if (origin === undefined) return undefined;
    const entry: Entry = {
      parent: origin.parent,
      startTime: origin.startTime,
      sinceMs: this.#options.timers.nowMs(),
      found: null,
      preload: this.#commands.get(pid),
      isOfCommand: this.#commands.has(pid),
      isReported: false,
      otherProgramAt: undefined,
    };
    this.#entries.set(pid, entry);
    return entry;
  }

  /** The variables that a process should have inherited; undefined if it has no recorded ancestor. */
  #originOf(
    entry: Entry,
    registered: ReadonlySet<number>,
  ): { readonly isOfCommand: boolean; readonly preload: Preload } | undefined {
    if (entry.isOfCommand && entry.preload !== undefined) return { isOfCommand: true, preload: entry.preload };
    const parent = this.#entries.get(entry.parent);
    if (parent === undefined) return undefined;
    if (parent.isOfCommand) {
      entry.preload = parent.preload ?? {};
      return { isOfCommand: true, preload: entry.preload };
    }
    if (!registered.has(entry.parent)) return undefined;
    parent.preload ??= this.#options.view.preloadOf(entry.parent) ?? {};
    return { isOfCommand: false, preload: parent.preload };
  }

  #find(
    pid: number,
    entry: Entry,
    origin: { readonly isOfCommand: boolean; readonly preload: Preload },
  ): Entry['found'] {
    const { view } = this.#options;
    const { startTime, argumentsAt = '0' } = view.originOf(pid) ?? {};
    if (startTime !== entry.startTime || (argumentsAt !== '0' && argumentsAt === entry.otherProgramAt)) return null;
    const seen = view.inspect(pid);
    if (seen === undefined) return null;
    if (seen.nodeProgram === undefined) {
      entry.otherProgramAt = seen.argumentsAt;
      return null;
    }
    const parent = view.inspect(seen.parent);
    // Between fork and exec a process looks like its parent.
    if (parent?.argumentsAt === seen.argumentsAt && parent.commandLine === seen.commandLine) return null;
    const own = view.preloadOf(pid);
    const lost = PRELOAD_VARIABLES.filter((name) => {
      const wanted = origin.preload[name];
      return own !== undefined && wanted !== undefined && own[name]?.includes(wanted) !== true;
    });
    // Programs that a program starts may have nothing to do with tracing, unless they were preloaded.
    if (!origin.isOfCommand && !(lost.includes('NODE_OPTIONS') && /tracer/.test(origin.preload.NODE_OPTIONS ?? ''))) {
      return null;
    }
    const owner = view.ownerOf(pid);
    if (owner === undefined) return null;
    const isRestricted = restrictsPermissions(seen.commandLine.split('\0'), own?.NODE_OPTIONS);
    return { name: seen.nodeProgram, program: { pid, ...owner }, lost, isRestricted };
  }

  #settleEnded(pid: number, entry: Entry): void {
    this.#entries.delete(pid);
    this.#commands.delete(pid);
    if (entry.found === null) return;
    if (!entry.isReported && !this.#heardOf.has(pid)) this.#report(entry, 'add');
    this.#options.troubles.forget(entry.found.program);
  }

  #report(entry: Entry, how: 'add' | 'addUnregistered'): void {
    if (entry.found === null) return;
    const { name, program, lost, isRestricted } = entry.found;
    entry.isReported = true;
    let why =
      how === 'add'
        ? 'its tracer could not start, or the program ended before'
        : 'its tracer could not start, or it is still starting';
    if (lost.length > 0) why = `its environment lacks ${lost.join(' and ')} of what started it`;
    else if (isRestricted)
      why = 'its option --permission forbids the tracer to start without --allow-addons and --allow-net';
    this.#options.troubles[how](program, `${name} ran in Node.js and did not register: ${why} (UNREGISTERED)`);
  }

  #forgetAll(): void {
    for (const { found } of this.#entries.values()) if (found !== null) this.#options.troubles.forget(found.program);
    this.#entries.clear();
    this.#commands.clear();
    this.#heardOf.clear();
  }
}

const PERMISSION = /^--(?:experimental-)?permission$/;

/** Whether options of Node.js, which stand before the script, restrict the permissions of a program. */
function restrictsPermissions(words: readonly string[], nodeOptions = ''): boolean {
  const script = words.findIndex((word, idx) => idx > 0 && !word.startsWith('-'));
  const options = script === -1 ? words : words.slice(0, script);
  return [...options, ...nodeOptions.split(' ')].some((word) => PERMISSION.test(word));
}
