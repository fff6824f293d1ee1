import type { Tracer } from '../instrument.ts';
import { Calls } from './calls.ts';
import type { DebuggerSession, Script } from './debugger-session.ts';
import { findFunctions } from './find-functions.ts';
import { findMappedStatement, findStatement } from './find-statement.ts';
import { Hits } from './hits.ts';
import type { Hook } from './hook.ts';
import { Placement } from './placement.ts';
import type { FunctionProbe, Probe, ProbedThread } from './probe.ts';
import { functionCode, lineCode, type ProbeCode } from './probe-code.ts';
import type { ScriptEdits } from './script-edits.ts';
import { type ReadText, SourceMap } from './source-map.ts';
import { lineOf, lineStartsOf } from './source-tree.ts';
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
  /** The text of a script as the program has loaded it. */
  readonly sourceOf: (script: Script) => string;
  readonly readText: ReadText;
}

type SourceOfScript =
  | { readonly map: SourceMap; readonly index: number; readonly isAbsent: false }
  | { readonly map: undefined; readonly index?: undefined; readonly isAbsent: boolean };

/** Whether a path is this file, or ends so from a directory on. */
function isEndOf(file: string, path: string): boolean {
  return path === file || path.endsWith(`/${file}`);
}

/** A probe in all files of the program that it names. */
export class PlacedProbe {
  readonly #options: PlacedProbeOptions;
  readonly #probe: Probe;
  readonly #hook: Hook;
  /** Scripts that have not been searched for the function yet. */
  readonly #unsearched: Script[] = [];
  readonly #placements: Placement[] = [];
  #expiresAtMs: number;
  #hitsInSecond = 0;
  #breakpointHits = 0;
  #seconds = 0;
  /** A source map that could not be read, with the reason. */
  #unreadMap: string | undefined;
  #isOff = false;
  #isRefusalReported = false;
  #isLimitReported = false;
  #isBreakpointReported = false;

  constructor(probe: Probe, options: PlacedProbeOptions) {
    this.#options = options;
    this.#probe = probe;
    this.#expiresAtMs = probe.expiresAtMs;
    const { tracer, time, session } = options;
    const ofHook = { tracer, time, onHit: () => this.#hit(), mayStop: () => !session.isShared };
    this.#hook = 'function' in probe ? new Calls(probe, ofHook) : new Hits(probe, ofHook);
    for (const script of session.scripts) this.place(script);
  }

  /** Whether the program is as it was before. */
  get isGone(): boolean {
    return this.#isOff && this.#placements.every((placement) => placement.isGone);
  }

  set expiresAtMs(expiresAtMs: number) {
    this.#expiresAtMs = expiresAtMs;
  }

  /** Places the probe in a script that it names, or that was made from a source that it names. */
  place(script: Script): void {
    const { file } = this.#probe;
    const isNamed = file !== undefined && isEndOf(file, script.path);
    if (isNamed && !script.hasSourceMap) this.#placeIn(script);
    else if (isNamed || this.#isSearched(script)) this.#search(script);
  }

  #isSearched({ path, hasSourceMap }: Script): boolean {
    return !/[\\/]node_modules[\\/]/.test(path) && (hasSourceMap || this.#probe.file === undefined);
  }

  /** Takes one script at a time, so that the program can go on in between. */
  #search(script: Script): void {
    this.#unsearched.push(script);
    if (this.#unsearched.length === 1) this.#searchNext();
  }

  #searchNext(): void {
    this.#options.time.soon(() => {
      const [script] = this.#unsearched;
      if (script === undefined || this.#isOff) return;
      try {
        this.#placeIn(script);
      } catch {
        // The script has been collected.
      }
      this.#unsearched.shift();
      if (this.#unsearched.length > 0) this.#searchNext();
    });
  }

  #placeIn(script: Script): void {
    if (this.#isOff || this.#placements.length >= PLACEMENTS_MAX) return;
    const codes = this.#codesIn(script);
    if (typeof codes !== 'string' && codes.length > 0 && script.isInVmContext) {
      this.#refuse(script, 'the code runs in a context of node:vm, which has no probes');
    } else if (typeof codes === 'string') this.#refuse(script, codes);
    else for (const code of codes.slice(0, PLACEMENTS_MAX - this.#placements.length)) this.#placeCode(script, code);
  }

  /** @returns the reason if the probe cannot be in this script */
  #codesIn(script: Script): readonly ProbeCode[] | string {
    const probe = this.#probe;
    const text = this.#options.sourceOf(script);
    const source = this.#sourceIn(script, text);
    if (source.isAbsent) return [];
    if ('function' in probe) return this.#functionsIn(probe, text, script, source);
    const { line } = probe;
    const statement =
      source.map === undefined
        ? findStatement(text, line, script.isModule)
        : findMappedStatement(text, line, script.isModule, source.map.placesFrom(source.index, line - 1));
    return typeof statement === 'string' ? statement : [lineCode(probe, statement, this.#hook.globalName)];
  }

  /** The source of a script that the probe names: one that its map names, or the script itself. */
  #sourceIn(script: Script, text: string): SourceOfScript {
    const { file } = this.#probe;
    const itself = { map: undefined, isAbsent: file !== undefined && !isEndOf(file, script.path) };
    if (file === undefined || !script.hasSourceMap) return itself;
    const map = SourceMap.of(text, script.path, this.#options.readText);
    if (typeof map === 'string') this.#unreadMap ??= `${map}: ${script.path}`;
    if (typeof map !== 'object') return itself;
    const index = map.sourceOf(file);
    return index === undefined ? itself : { map, index, isAbsent: false };
  }

  #functionsIn(
    probe: FunctionProbe,
    text: string,
    { isModule }: Script,
    { map, index }: SourceOfScript,
  ): readonly ProbeCode[] | string {
    const isNamed = probe.file !== undefined;
    const absent = isNamed ? `it has no function ${probe.function}` : [];
    // Most files lack the name, and need not be parsed.
    if (!text.includes(probe.function.split(/\.#?/).at(-1) as string)) return absent;
    const all = findFunctions(text, probe.function, isModule);
    if (typeof all === 'string') return isNamed ? all : [];
    const starts = map === undefined ? [] : lineStartsOf(text);
    const functions = all.filter(({ from }) => {
      const line = lineOf(starts, from);
      return map === undefined || map.isFrom(index, line, from - (starts[line] as number));
    });
    return functions.length === 0 ? absent : functions.map((one) => functionCode(one, this.#hook.globalName));
  }

  #placeCode(script: Script, code: ProbeCode): void {
    const { time, session, editsOf } = this.#options;
    try {
      const placement = new Placement({
        time,
        session,
        script,
        edits: editsOf(script),
        code,
        hook: this.#hook.globalName,
        onRefused: (reason) => this.#switchOff(reason),
        onBreakpoint: (reason) => this.#reportBreakpoint(reason),
      });
      this.#placements.push(placement);
    } catch (error) {
      this.#refuse(script, error instanceof Error ? error.message : 'unknown');
    }
  }

  #refuse(script: Script, reason: string): void {
    this.#reportRefusal(`is not in ${script.path}: ${reason}`);
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
      const { file } = this.#probe;
      const what =
        file === undefined && 'function' in this.#probe ? `function ${this.#probe.function}` : `file ${file}`;
      const unread = this.#unreadMap === undefined ? '' : `; ${this.#unreadMap}`;
      this.#report('PROBE_WAITS', `waits: the program has loaded no ${what}${unread}`);
    }
    this.#hitsInSecond = 0;
    for (const placement of this.#placements) placement.hold(false);
  }

  /** Removes the probe from the program. */
  close(): void {
    if (this.#isOff) return;
    this.#isOff = true;
    this.#hook.close();
    for (const placement of this.#placements) placement.close();
    this.#options.thread.withdraw?.(this.#hook.tracepoints);
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
    const cost = 'function' in this.#probe ? 'cost about 0.1 ms and have no end' : 'cost about 0.1 ms';
    this.#report('PROBE_BREAKPOINT', `is a breakpoint, whose hits ${cost}: ${reason}`);
  }

  #report(code: string, what: string): void {
    this.#options.thread.report(code, `the probe ${this.#probe.name} ${what}`);
  }
}
