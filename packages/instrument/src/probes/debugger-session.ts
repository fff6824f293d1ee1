import type { Debugger, Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** A loaded file of the program. */
export interface Script {
  readonly id: string;
  /** Path of the file. */
  readonly path: string;
  readonly isModule: boolean;
  /** Whether it names a source map. */
  readonly hasSourceMap: boolean;
  /** Whether its code runs in a context of `node:vm`, which has globals of its own. */
  readonly isInVmContext: boolean;
}

export const SHARED = 'a debugger can be attached to it (--inspect)';

type Inspector = typeof import('node:inspector');
type PausedListener = (frame: Debugger.CallFrame) => void;

/** A breakpoint of one probe. V8 has one for each place, which all probes of this place share. */
export type Breakpoint =
  /** Runs the code, and never stops. */
  | { readonly location: Debugger.Location; readonly code: string }
  /** Stops before the statement if the expression is true, and calls the listener in the program's frame. */
  | { readonly location: Debugger.Location; readonly stopsIf: string; readonly onPaused: PausedListener };

/** The breakpoints of one place, and the one of V8 that serves them. */
interface SharedBreakpoint {
  readonly members: Set<Breakpoint>;
  id: string | undefined;
}

/** The debugger of this thread, in this thread. Commands are answered before `ask` returns. */
export class DebuggerSession {
  readonly #inspector: Inspector;
  readonly #session: Session;
  readonly #scripts = new Map<string, Script>();
  readonly #shared = new Map<string, SharedBreakpoint>();
  readonly #replaced: ReadonlySet<string>;
  #hasEdited = false;
  #onScript: (script: Script) => void = () => undefined;

  /**
   * @param replaced scripts to leave out: what `close` returned
   * @throws {Error} where another debugger can be attached
   */
  constructor(inspector: Inspector, replaced: ReadonlySet<string> = new Set()) {
    this.#inspector = inspector;
    this.#replaced = replaced;
    if (this.isShared) throw new Error(SHARED);
    this.#session = new inspector.Session();
    this.#session.connect();
    this.#session.on('Debugger.scriptParsed', ({ params }) => this.#parsed(params));
    this.#session.on('Debugger.paused', ({ params: { hitBreakpoints = [], callFrames } }) => {
      const [frame] = callFrames;
      const shared = [...this.#shared.values()].filter(({ id }) => id !== undefined && hitBreakpoints.includes(id));
      for (const breakpoint of shared.flatMap(({ members }) => [...members])) {
        if (frame !== undefined && 'onPaused' in breakpoint) breakpoint.onPaused(frame);
      }
    });
    this.ask('Debugger.enable');
  }

  /** Whether another debugger can be attached. The program would then stand still at our breakpoints. */
  get isShared(): boolean {
    return this.#inspector.url() !== undefined || (!isMainThread && isStartedForDebugger());
  }

  get scripts(): Iterable<Script> {
    return this.#scripts.values();
  }

  /** Calls the listener with each script that is loaded from now on. */
  listen(onScript: (script: Script) => void): void {
    this.#onScript = onScript;
  }

  /** @throws {Error} the inspector's refusal */
  ask<Result = unknown>(method: string, params: object = {}): Result {
    let refusal: Error | null = null;
    let result: unknown;
    this.#session.post(method, params, (error: Error | null, answer: unknown) => {
      refusal = error;
      result = answer;
    });
    if (refusal !== null) throw new Error(messageOf(refusal));
    return result as Result;
  }

  /** @returns the status, or undefined where this Node.js cannot edit scripts */
  edit({ id }: Script, scriptSource: string): string | undefined {
    this.#hasEdited = true;
    try {
      return this.ask<{ status: string }>('Debugger.setScriptSource', { scriptId: id, scriptSource }).status;
    } catch {
      return undefined;
    }
  }

  sourceOf({ id }: Script): string {
    return this.ask<{ scriptSource: string }>('Debugger.getScriptSource', { scriptId: id }).scriptSource;
  }

  /** The first place in a part of a function where it can stop. @throws {Error} if there is none */
  firstStop(start: Debugger.Location, end: Debugger.Location): Debugger.Location {
    const params = { start, end, restrictToFunction: true };
    const { locations } = this.ask<Debugger.GetPossibleBreakpointsReturnType>(
      'Debugger.getPossibleBreakpoints',
      params,
    );
    const [first] = locations;
    if (first === undefined) throw new Error('the function has no code');
    return first;
  }

  /** @throws {Error} if the place has no code */
  addBreakpoint(breakpoint: Breakpoint): void {
    const key = keyOf(breakpoint.location);
    const shared = this.#shared.get(key) ?? { members: new Set(), id: undefined };
    shared.members.add(breakpoint);
    this.#shared.set(key, shared);
    try {
      this.#renew(shared, breakpoint.location);
    } catch (error) {
      this.removeBreakpoint(breakpoint);
      throw error;
    }
  }

  removeBreakpoint(breakpoint: Breakpoint): void {
    const key = keyOf(breakpoint.location);
    const shared = this.#shared.get(key);
    if (shared?.members.delete(breakpoint) !== true) return;
    this.#renew(shared, breakpoint.location);
    if (shared.members.size === 0) this.#shared.delete(key);
  }

  #renew(shared: SharedBreakpoint, location: Debugger.Location): void {
    if (shared.id !== undefined) this.ask('Debugger.removeBreakpoint', { breakpointId: shared.id });
    shared.id = undefined;
    if (shared.members.size === 0) return;
    const condition = conditionOf([...shared.members]);
    shared.id = this.ask<{ breakpointId: string }>('Debugger.setBreakpoint', { location, condition }).breakpointId;
  }

  /**
   * Ends the session.
   *
   * @returns identifiers of scripts that edits have replaced. V8 keeps the text before each edit as a script until it
   *   collects it, and names it among the loaded ones to each new session, though its code never runs.
   */
  close(): ReadonlySet<string> {
    const replaced = this.#hasEdited ? this.#unknownScripts() : this.#replaced;
    this.#session.disconnect();
    return replaced;
  }

  #unknownScripts(): Set<string> {
    const unknown = new Set<string>();
    this.#session.removeAllListeners('Debugger.scriptParsed');
    this.#session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => {
      if (pathOf(url) !== undefined && !this.#scripts.has(scriptId)) unknown.add(scriptId);
    });
    this.ask('Debugger.disable');
    this.ask('Debugger.enable');
    return unknown;
  }

  #parsed({
    scriptId,
    url,
    isModule = false,
    sourceMapURL = '',
    executionContextAuxData,
  }: Debugger.ScriptParsedEventDataType): void {
    const path = pathOf(url);
    if (path === undefined || this.#replaced.has(scriptId)) return;
    const { isDefault = true } = (executionContextAuxData ?? {}) as { isDefault?: boolean };
    const script = { id: scriptId, path, isModule, hasSourceMap: sourceMapURL !== '', isInVmContext: !isDefault };
    const isNew = !this.#scripts.has(scriptId);
    this.#scripts.set(scriptId, script);
    if (isNew) this.#onScript(script);
  }
}

function keyOf({ scriptId, lineNumber, columnNumber }: Debugger.Location): string {
  return `${scriptId}:${lineNumber}:${columnNumber}`;
}

function conditionOf(breakpoints: readonly Breakpoint[]): string {
  const codes = breakpoints.flatMap((one) => ('code' in one ? [`${one.code};`] : []));
  const stops = breakpoints.flatMap((one) => ('stopsIf' in one ? [one.stopsIf] : []));
  return `${codes.join('')}${stops.join('||') || 'false'}`;
}

/** A worker does not learn the address of the inspector, to which a debugger connects for all threads. */
function isStartedForDebugger(): boolean {
  const options = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(' ')];
  return options.some((option) => /^--inspect(-brk|-wait)?(=|$)/.test(option));
}

/** Node.js writes `Inspector error CODE: REASON`. */
function messageOf(error: Error): string {
  return error.message.replace(/^Inspector error -?\d+: /, '');
}

/** @returns undefined for scripts that are no files */
function pathOf(url: string): string | undefined {
  if (url.startsWith('/')) return url;
  if (!url.startsWith('file:')) return undefined;
  try {
    const { pathname } = new URL(url);
    return fileURLToPath(`file://${pathname}`);
  } catch {
    return undefined;
  }
}
