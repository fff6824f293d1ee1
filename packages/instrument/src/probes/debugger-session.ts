import type { Debugger, Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';

/** A loaded file of the program. */
export interface Script {
  readonly id: string;
  /** Path of the file. */
  readonly path: string;
  readonly isModule: boolean;
}

type Inspector = typeof import('node:inspector');
type PausedListener = (frame: Debugger.CallFrame) => void;

/** The debugger of this thread, in this thread. Commands are answered before `ask` returns. */
export class DebuggerSession {
  readonly #session: Session;
  readonly #scripts = new Map<string, Script>();
  readonly #paused = new Map<string, PausedListener>();
  #onScript: (script: Script) => void = () => undefined;

  /** @throws {Error} where another debugger can be attached: it would stop at our breakpoints */
  constructor({ Session, url }: Inspector) {
    if (url() !== undefined) throw new Error('a debugger can be attached to it (--inspect)');
    this.#session = new Session();
    this.#session.connect();
    this.#session.on('Debugger.scriptParsed', ({ params }) => this.#parsed(params));
    this.#session.on('Debugger.paused', ({ params: { hitBreakpoints = [], callFrames } }) => {
      const [frame] = callFrames;
      for (const id of hitBreakpoints) if (frame !== undefined) this.#paused.get(id)?.(frame);
    });
    this.ask('Debugger.enable');
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

  sourceOf({ id }: Script): string {
    return this.ask<{ scriptSource: string }>('Debugger.getScriptSource', { scriptId: id }).scriptSource;
  }

  /** @param onPaused called in the program's frame before the statement runs, if there is no condition */
  setBreakpoint(location: Debugger.Location, condition?: string, onPaused?: PausedListener): string {
    const { breakpointId } = this.ask<{ breakpointId: string }>('Debugger.setBreakpoint', { location, condition });
    if (onPaused !== undefined) this.#paused.set(breakpointId, onPaused);
    return breakpointId;
  }

  removeBreakpoint(breakpointId: string): void {
    this.#paused.delete(breakpointId);
    this.ask('Debugger.removeBreakpoint', { breakpointId });
  }

  close(): void {
    this.#session.disconnect();
  }

  #parsed({ scriptId, url, isModule = false }: Debugger.ScriptParsedEventDataType): void {
    const path = pathOf(url);
    if (path === undefined) return;
    const script = { id: scriptId, path, isModule };
    const isNew = !this.#scripts.has(scriptId);
    this.#scripts.set(scriptId, script);
    if (isNew) this.#onScript(script);
  }
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
