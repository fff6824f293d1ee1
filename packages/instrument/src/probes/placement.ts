import type { Debugger } from 'node:inspector';
import type { Breakpoint, DebuggerSession, Script } from './debugger-session.ts';
import type { ProbeCode } from './probe-code.ts';
import type { ScriptEdits } from './script-edits.ts';
import type { Time } from './time.ts';

/** For a capture, which is read in microseconds unless a getter takes longer. */
const CAPTURE_TIMEOUT_MS = 1000;
const EDIT_AGAIN_AFTER_MS = 100;
const QUICK_EDITS_MAX = 50;
const SLOW_EDIT_AFTER_MS = 10_000;
const OBJECT_GROUP = 'ringtail-probe';

interface PlacementOptions {
  readonly time: Time;
  readonly session: DebuggerSession;
  readonly script: Script;
  readonly edits: ScriptEdits;
  readonly code: ProbeCode;
  /** Name of the global function that hits call. */
  readonly hook: string;
  /** The probe cannot be anywhere, for this reason. */
  readonly onRefused: (reason: string) => void;
  /** Hits cost a breakpoint from now on, for this reason. */
  readonly onBreakpoint: (reason: string) => void;
}

/**
 * A probe at one place of a script.
 *
 * Code that needs no check is edited in at once. Otherwise, a breakpoint waits for the first hit. It checks the
 * captures in the program's frame, and never comes back. From then on a second breakpoint calls the hit function in
 * its condition, until the statement itself has the call:
 *
 *   CHECKING --first hit--> BREAKPOINT --setScriptSource--> EDITED
 */
export class Placement {
  readonly #options: PlacementOptions;
  #breakpoint: { readonly breakpoint: Breakpoint; readonly isCheck: boolean } | undefined;
  #isEdited = false;
  #isClosed = false;
  #isHeld = false;
  #endAttempts: (() => void) | undefined;

  /** @throws {Error} if the place has no code */
  constructor(options: PlacementOptions) {
    this.#options = options;
    if (options.code.checked !== undefined) this.#setBreakpoint(true);
    else options.time.soon(() => this.#edit());
  }

  get script(): Script {
    return this.#options.script;
  }

  /** Whether a hit costs a breakpoint. */
  get isBreakpoint(): boolean {
    return this.#breakpoint?.isCheck === false;
  }

  /** Whether nothing of the probe is left in the script. */
  get isGone(): boolean {
    return this.#isClosed && !this.#isEdited;
  }

  /** Takes the breakpoint away for a while, as there were too many hits. */
  hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#removeBreakpoint();
    else if (!this.#isEdited && !this.#isClosed) this.#setBreakpoint(false);
  }

  /** The script has been edited, which drops its breakpoints. */
  renew(): void {
    const { isCheck } = this.#breakpoint ?? {};
    if (isCheck === undefined) return;
    this.#removeBreakpoint();
    this.#setBreakpoint(isCheck);
  }

  /** Removes the probe from the script. Where a function is suspended, its text is restored later. */
  close(): void {
    this.#isClosed = true;
    this.#endAttempts?.();
    this.#endAttempts = undefined;
    this.#removeBreakpoint();
    if (this.#restore()) return;
    const end = this.#options.time.everyMs(EDIT_AGAIN_AFTER_MS, () => {
      if (this.#restore()) end();
    });
  }

  #restore(): boolean {
    if (this.#isEdited && this.#options.edits.remove(this.#options.code.insertion) !== 'blocked')
      this.#isEdited = false;
    return !this.#isEdited;
  }

  #setBreakpoint(isCheck: boolean): void {
    const { session, edits, code, hook } = this.#options;
    const from = edits.locationOf(code.from);
    const location = code.to === undefined ? from : session.firstStop(from, edits.locationOf(code.to));
    const breakpoint: Breakpoint = isCheck
      ? { location, stopsIf: `${hook}.mayStop()`, onPaused: (frame) => this.#checked(frame) }
      : { location, code: code.atBreakpoint };
    session.addBreakpoint(breakpoint);
    this.#breakpoint = { breakpoint, isCheck };
  }

  #removeBreakpoint(): void {
    if (this.#breakpoint !== undefined) this.#options.session.removeBreakpoint(this.#breakpoint.breakpoint);
    this.#breakpoint = undefined;
  }

  /** The first hit: runs in the frame of the program, which stands still meanwhile. */
  #checked({ callFrameId }: Debugger.CallFrame): void {
    const { onRefused } = this.#options;
    try {
      this.#removeBreakpoint();
      const refusal = this.#refusalIn(callFrameId);
      if (refusal !== undefined) {
        onRefused(refusal);
        return;
      }
      this.#options.session.ask('Debugger.evaluateOnCallFrame', {
        callFrameId,
        expression: `{${this.#options.code.atBreakpoint}}`,
      });
      this.#setBreakpoint(false);
      this.#options.time.soon(() => this.#edit());
    } catch (error) {
      // Node.js would show the error to the program as a warning.
      onRefused(messageOf(error));
    }
  }

  #refusalIn(callFrameId: string): string | undefined {
    const { session, code } = this.#options;
    try {
      for (const expression of code.checked ?? []) {
        const { result: error, exceptionDetails } = this.#check(callFrameId, `(${expression})`);
        if (exceptionDetails === undefined) continue;
        if (/^EvalError: Possible side-effect/.test(error.description ?? '')) {
          return `the capture ${expression} has side effects`;
        }
      }
      return undefined;
    } catch {
      return `its captures take more than ${CAPTURE_TIMEOUT_MS} ms`;
    } finally {
      session.ask('Runtime.releaseObjectGroup', { objectGroup: OBJECT_GROUP });
    }
  }

  #check(callFrameId: string, expression: string): Debugger.EvaluateOnCallFrameReturnType {
    return this.#options.session.ask('Debugger.evaluateOnCallFrame', {
      callFrameId,
      expression,
      throwOnSideEffect: true,
      silent: true,
      objectGroup: OBJECT_GROUP,
      timeout: CAPTURE_TIMEOUT_MS,
    });
  }

  #edit(): void {
    const { time, onBreakpoint } = this.#options;
    let attempts = 0;
    const attempt = (): boolean => {
      attempts++;
      if (this.#tryEdit()) return true;
      this.#waitAsBreakpoint();
      if (attempts === QUICK_EDITS_MAX) {
        onBreakpoint('its function is always running or suspended');
        this.#endAttempts?.();
        attemptEveryMs(SLOW_EDIT_AFTER_MS);
      }
      return false;
    };
    const attemptEveryMs = (intervalMs: number): void => {
      const end = time.everyMs(intervalMs, () => {
        if (attempt()) end();
      });
      this.#endAttempts = end;
    };
    if (!attempt()) attemptEveryMs(EDIT_AGAIN_AFTER_MS);
  }

  /** @returns whether another attempt makes no sense */
  #tryEdit(): boolean {
    if (this.#isClosed) return true;
    const result = this.#options.edits.insert(this.#options.code.insertion);
    if (result === 'blocked') return false;
    if (result !== 'edited') {
      this.#waitAsBreakpoint();
      this.#options.onBreakpoint(
        result === 'too long' ? 'its lines are too long to be edited' : 'this Node.js cannot edit running code',
      );
      return true;
    }
    this.#isEdited = true;
    this.#isHeld = false;
    this.#removeBreakpoint();
    return true;
  }

  #waitAsBreakpoint(): void {
    if (this.#breakpoint !== undefined || this.#isHeld || this.#isClosed) return;
    try {
      this.#setBreakpoint(false);
    } catch (error) {
      this.#options.onRefused(messageOf(error));
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
