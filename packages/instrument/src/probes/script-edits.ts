import type { Debugger } from 'node:inspector';
import type { DebuggerSession, Script } from './debugger-session.ts';
import { lineOf, lineStartsOf } from './source-tree.ts';

/** Text that is inserted into a script at one place, or around a part of it. */
export interface Piece {
  readonly at: number;
  readonly open: string;
  /** End of the part that it encloses, and the text there. */
  readonly end?: number;
  readonly close?: string;
}

/** What a probe inserts into a script. */
export interface Insertion {
  /** Pieces that are inserted at once. Each group makes sense after the groups before. */
  readonly groups: readonly (readonly Piece[])[];
  /** The function whose code changes. */
  readonly inside: { readonly start: number; readonly end: number };
}

/**
 * `blocked`: a function that would change is running or suspended; another attempt may succeed. `too long`: V8 would
 * not see which function has changed. `impossible`: from Node.js 26 on, V8 has no such command.
 */
export type EditResult = 'edited' | 'blocked' | 'too long' | 'impossible';

/** What is in a script: places of insertions that are marked, and the pieces that are inserted there. */
interface State {
  readonly marked: readonly Insertion[];
  readonly pieces: readonly Piece[];
}

/** Inserts code into a loaded script, and restores its text. */
export class ScriptEdits {
  readonly #debugger: DebuggerSession;
  readonly #script: Script;
  readonly #onEdited: () => void;
  /** The text as the program has loaded it. */
  readonly source: string;
  #state: State = { marked: [], pieces: [] };

  /** @param onEdited called after each change of the text, which drops the breakpoints of the script */
  constructor(session: DebuggerSession, script: Script, onEdited: () => void) {
    this.#debugger = session;
    this.#script = script;
    this.#onEdited = onEdited;
    this.source = session.sourceOf(script);
  }

  /** Where a place of the text as it was loaded is now. */
  locationOf(place: number): Debugger.Location {
    const starts = lineStartsOf(this.source);
    const lineNumber = lineOf(starts, place);
    const start = starts[lineNumber] as number;
    const before = textsOf(this.#state).filter(({ at }) => at >= start && at <= place);
    const columnNumber = before.reduce((column, { text }) => column + text.length, place - start);
    return { scriptId: this.#script.id, lineNumber, columnNumber };
  }

  /** On other results than `edited`, the text is as before. */
  insert(insertion: Insertion): EditResult {
    const result = this.#insert(insertion);
    return result === 'edited' || this.remove(insertion) === 'edited' ? result : 'blocked';
  }

  #insert(insertion: Insertion): EditResult {
    const { marked, pieces } = this.#state;
    if (marked.includes(insertion)) return 'edited';
    let result = this.#set({ marked: [...marked, insertion], pieces }, insertion);
    for (const group of insertion.groups) {
      if (result !== 'edited') return result;
      result = this.#set({ ...this.#state, pieces: [...this.#state.pieces, ...group] }, insertion);
    }
    return result;
  }

  remove(insertion: Insertion): EditResult {
    if (!this.#state.marked.includes(insertion)) return 'edited';
    for (const group of insertion.groups.toReversed()) {
      const pieces = this.#state.pieces.filter((piece) => !group.includes(piece));
      if (pieces.length === this.#state.pieces.length) continue;
      const result = this.#set({ ...this.#state, pieces }, insertion);
      if (result !== 'edited') return result;
    }
    const marked = this.#state.marked.filter((one) => one !== insertion);
    return this.#set({ ...this.#state, marked }, insertion);
  }

  #set(state: State, { inside }: Insertion): EditResult {
    const before = edited(this.source, this.#state);
    const scriptSource = edited(this.source, state);
    const [first, last] = [inside.start, inside.end].map((place) => this.locationOf(place).lineNumber) as [
      number,
      number,
    ];
    if (!isChangeSeen(before, scriptSource, first, last)) return 'too long';
    const status = this.#debugger.edit(this.#script, scriptSource);
    if (status === 'Ok') {
      this.#state = state;
      this.#onEdited();
      return 'edited';
    }
    return status === 'BlockedByActiveFunction' || status === 'BlockedByActiveGenerator' ? 'blocked' : 'impossible';
  }
}

/**
 * V8 compares the texts to see which functions have changed: first lines, and then the characters of lines that follow
 * each other and have changed. It may take a brace of the inserted text for the one of the function, and then leaves
 * the function as it was. So a step inserts marks, and the next one inserts text between them, which has no mark.
 */
const MARK = '/*\x7f*/';
/** V8 takes longer changes for one, from the begin of their first line to the end of their last one. */
const CHANGE_LENGTH_MAX = 800;

/** Whether V8 sees a change as one within the function that has these lines. */
function isChangeSeen(before: string, after: string, firstLine: number, lastLine: number): boolean {
  const [old, changed] = [linesOf(before), linesOf(after)];
  for (let line = 0; line < old.length; line++) {
    if (old[line] === changed[line]) continue;
    const first = line;
    while (line + 1 < old.length && old[line + 1] !== changed[line + 1]) line++;
    const length = Math.max(lengthOf(old.slice(first, line + 1)), lengthOf(changed.slice(first, line + 1)));
    if (length >= CHANGE_LENGTH_MAX && (first <= firstLine || line >= lastLine)) return false;
  }
  return true;
}

function linesOf(text: string): string[] {
  const starts = lineStartsOf(text);
  return starts.map((start, line) => text.slice(start, starts[line + 1]));
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((length, text) => length + text.length, 0);
}

/** All insertions in the text; the lines of the text keep their numbers. */
function edited(source: string, state: State): string {
  let text = '';
  let from = 0;
  for (const one of textsOf(state)) {
    text += source.slice(from, one.at) + one.text;
    from = one.at;
  }
  return text + source.slice(from);
}

/** The text with an insertion. */
export function inserted(source: string, ...insertions: readonly Insertion[]): string {
  return edited(source, { marked: insertions, pieces: insertions.flatMap(({ groups }) => groups.flat()) });
}

/** Inserted texts in their order. At one place, parts end before others begin, and inner parts before outer ones. */
function textsOf({ marked, pieces }: State): { at: number; text: string }[] {
  const all = marked.flatMap(({ groups }) => groups.flat());
  const between = (piece: Piece, text: string): string => `${MARK}${pieces.includes(piece) ? text : ''}${MARK}`;
  const opens = all.map((piece, order) => {
    return { at: piece.at, isOpen: 1, around: 0, order, text: between(piece, piece.open) };
  });
  const closes = all.flatMap((piece, order) => {
    const { at, end, close = '' } = piece;
    return end === undefined ? [] : [{ at: end, isOpen: 0, around: -at, order: -order, text: between(piece, close) }];
  });
  return [...opens, ...closes].sort(
    (a, b) => a.at - b.at || a.isOpen - b.isOpen || a.around - b.around || a.order - b.order,
  );
}
