import type { Tracer } from '../instrument.ts';
import type { DebuggerSession, Script } from './debugger-session.ts';
import { findStatement } from './find-statement.ts';
import { Hits } from './hits.ts';
import { Placement } from './placement.ts';
import type { Probe, ProbedThread } from './probe.ts';
import type { ScriptEdits } from './script-edits.ts';
import type { Time } from './time.ts';

const PLACEMENTS_MAX = 16;
/** Hits of breakpoints a second: about a tenth of a core. */
const BREAKPOINT_HITS_PER_SECOND_MAX = 500;
/** V8 keeps memory of each evaluated condition, and gets slower. */
const BREAKPOINT_HITS_MAX = 100_000;
const WAITED_SECONDS = 3;

interface PlacedProbeOptions {
  readonly tracer: Tracer;
  readonly thread: ProbedThread;
  readonly time: Time;
  readonly session: DebuggerSession;
  readonly editsOf: (script: Script) => ScriptEdits;
}

/** A probe in all files of the program that it names. */
export class PlacedProbe {
  readonly #options: PlacedProbeOptions;
  readonly #probe: Probe;
  readonly #hits: Hits;
  readonly #placements: Placement[] = [];
  #expiresAtMs: number;
  #hitsInSecond = 0;
  #breakpointHits = 0;
  #seconds = 0;
  #isOff = false;
  #isRefusalReported = false;
  #isLimitReported = false;
  #isBreakpointReported = false;

  constructor(probe: Probe, options: PlacedProbeOptions) {
    this.#options = options;
    this.#probe = probe;
    this.#expiresAtMs = probe.expiresAtMs;
    const { tracer, time, session } = options;
    this.#hits = new Hits(probe, { tracer, time, onHit: () => this.#hit(), mayStop: () => !session.isShared });
    for (const script of session.scripts) this.place(script);
  }

  /** Whether the program is as it was before. */
  get isGone(): boolean {
    return this.#isOff && this.#placements.every((placement) => placement.isGone);
  }

  set expiresAtMs(expiresAtMs: number) {
    this.#expiresAtMs = expiresAtMs;
  }

  /** Places the probe in a script that it names. */
  place(script: Script): void {
    const { file, line } = this.#probe;
    if (this.#isOff || !(script.path === file || script.path.endsWith(`/${file}`))) return;
    if (this.#placements.length >= PLACEMENTS_MAX) return;
    if (script.isInVmContext) {
      this.#reportRefusal(`is not in ${script.path}: the code runs in a context of node:vm, which has no probes`);
      return;
    }
    const { time, session, editsOf } = this.#options;
    const edits = editsOf(script);
    const statement = findStatement(edits.source, line, script.isModule);
    if (typeof statement === 'string') {
      this.#reportRefusal(`is not in ${script.path}: ${statement}`);
      return;
    }
    try {
      const placement = new Placement({
        time,
        session,
        script,
        edits,
        statement,
        probe: this.#probe,
        hit: this.#hits.globalName,
        onRefused: (reason) => this.#switchOff(reason),
        onBreakpoint: (reason) => this.#reportBreakpoint(reason),
      });
      this.#placements.push(placement);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#reportRefusal(`is not in ${script.path}: ${reason}`);
    }
  }

  /** A script has been edited. */
  renew(script: Script): void {
    for (const placement of this.#placements) if (placement.script === script) placement.renew();
  }

  /** To be called every second. */
  tick(nowMs: number): void {
    if (this.#isOff) return;
    if (nowMs >= this.#expiresAtMs) {
      this.close();
      return;
    }
    this.#seconds++;
    if (this.#seconds === WAITED_SECONDS && this.#placements.length === 0 && !this.#isRefusalReported) {
      this.#report('PROBE_WAITS', `waits: the program has loaded no file ${this.#probe.file}`);
    }
    this.#hitsInSecond = 0;
    for (const placement of this.#placements) placement.hold(false);
  }

  /** Removes the probe from the program. */
  close(): void {
    if (this.#isOff) return;
    this.#isOff = true;
    this.#hits.close();
    for (const placement of this.#placements) placement.close();
    this.#options.thread.withdraw?.([this.#hits.tracepoint]);
  }

  #hit(): void {
    if (!this.#placements.some((placement) => placement.isBreakpoint)) return;
    this.#hitsInSecond++;
    this.#breakpointHits++;
    if (this.#breakpointHits >= BREAKPOINT_HITS_MAX) {
      this.#switchOff(`it has had ${BREAKPOINT_HITS_MAX} hits as a breakpoint, whose hits get ever more expensive`);
    } else if (this.#hitsInSecond >= BREAKPOINT_HITS_PER_SECOND_MAX) {
      for (const placement of this.#placements) if (placement.isBreakpoint) placement.hold(true);
      if (this.#isLimitReported) return;
      this.#isLimitReported = true;
      const limit = `a breakpoint records at most ${BREAKPOINT_HITS_PER_SECOND_MAX} hits a second`;
      this.#report('PROBE_LIMITED', `lacks hits: ${limit}, and others are not counted`);
    }
  }

  #switchOff(reason: string): void {
    this.#reportRefusal(`is switched off: ${reason}`);
    this.close();
  }

  #reportRefusal(what: string): void {
    this.#isRefusalReported = true;
    this.#report('PROBE_REFUSED', what);
  }

  #reportBreakpoint(reason: string): void {
    if (this.#isBreakpointReported) return;
    this.#isBreakpointReported = true;
    this.#report('PROBE_BREAKPOINT', `is a breakpoint, whose hits cost about 0.1 ms: ${reason}`);
  }

  #report(code: string, what: string): void {
    this.#options.thread.report(code, `the probe ${this.#probe.name} ${what}`);
  }
}
