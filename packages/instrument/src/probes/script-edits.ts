import type { DebuggerSession, Script } from './debugger-session.ts';
import type { StatementPlace } from './find-statement.ts';

/** Text before a statement of a script. */
export interface Insertion {
  readonly place: StatementPlace;
  readonly code: string;
}

/** `blocked`: a function that would change is running or suspended; another attempt may succeed. */
export type EditResult = 'edited' | 'blocked' | 'impossible';

/** Inserts code into a loaded script, and restores its text. */
export class ScriptEdits {
  readonly #debugger: DebuggerSession;
  readonly #script: Script;
  readonly #onEdited: () => void;
  /** The text as the program has loaded it. */
  readonly source: string;
  #insertions: readonly Insertion[] = [];

  /** @param onEdited called after each change of the text, which drops the breakpoints of the script */
  constructor(session: DebuggerSession, script: Script, onEdited: () => void) {
    this.#debugger = session;
    this.#script = script;
    this.#onEdited = onEdited;
    this.source = session.sourceOf(script);
  }

  insert(insertion: Insertion): EditResult {
    return this.#set([...this.#insertions, insertion]);
  }

  remove(insertion: Insertion): EditResult {
    return this.#set(this.#insertions.filter((one) => one !== insertion));
  }

  #set(insertions: readonly Insertion[]): EditResult {
    let status: string;
    try {
      const params = { scriptId: this.#script.id, scriptSource: edited(this.source, insertions) };
      ({ status } = this.#debugger.ask<{ status: string }>('Debugger.setScriptSource', params));
    } catch {
      // From Node.js 26 on, V8 has no such command.
      return 'impossible';
    }
    if (status === 'Ok') {
      this.#insertions = insertions;
      this.#onEdited();
      return 'edited';
    }
    return status === 'BlockedByActiveFunction' || status === 'BlockedByActiveGenerator' ? 'blocked' : 'impossible';
  }
}

/** All insertions in the text; the lines of the text keep their numbers. */
export function edited(source: string, insertions: readonly Insertion[]): string {
  const pieces = insertions.flatMap(({ place: { at, bracesEnd }, code }, order) =>
    bracesEnd === undefined
      ? [{ at, order, text: `;${code}` }]
      : [
          { at, order, text: `{${code}` },
          { at: bracesEnd, order: -order, text: '}' },
        ],
  );
  pieces.sort((a, b) => a.at - b.at || a.order - b.order);
  let text = '';
  let from = 0;
  for (const piece of pieces) {
    text += source.slice(from, piece.at) + piece.text;
    from = piece.at;
  }
  return text + source.slice(from);
}
