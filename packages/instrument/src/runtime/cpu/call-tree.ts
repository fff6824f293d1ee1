import type { Profiler } from 'node:inspector';

export const FunctionKind = { javascript: 0, native: 1, garbage_collection: 2, idle: 3, program: 4 } as const;

/** Names of V8 for times in which no function of the program ran. */
const KINDS_OF_V8: Readonly<Record<string, number>> = {
  '(garbage collector)': FunctionKind.garbage_collection,
  '(idle)': FunctionKind.idle,
  '(program)': FunctionKind.program,
};

const NO_SCRIPT = '0';

export interface ProfiledFunction {
  /** A value of `FunctionKind`. */
  readonly kind: number;
  /** `(anonymous)` where it has none. */
  readonly name: string;
  /** `native` or, for code that was made of a text, `<anonymous>` where there is none. */
  readonly url: string;
  /** Place of the definition, from 1; 0 where there is none. */
  readonly line: number;
  readonly column: number;
}

/**
 * The stacks of a profile as a tree. Stack `stackIds[i]` is function `functionIds[i]`, called by the stack
 * `callerIds[i]`, or by none (0). Callers come first.
 */
export interface CallTree {
  readonly functions: readonly ProfiledFunction[];
  readonly stackIds: number[];
  readonly callerIds: number[];
  readonly functionIds: number[];
}

/** @param nodes of V8; the first one is the root, which is no function */
export function callTreeOf(nodes: readonly Profiler.ProfileNode[]): CallTree {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const functions: ProfiledFunction[] = [];
  const known = new Map<string, number>();
  const tree: CallTree = { functions, stackIds: [], callerIds: [], functionIds: [] };
  const open = (nodes[0]?.children ?? []).map((id) => ({ id, callerId: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { id, callerId } = next;
    const node = byId.get(id);
    if (node === undefined) continue;
    tree.stackIds.push(id);
    tree.callerIds.push(callerId);
    tree.functionIds.push(idOf(node.callFrame));
    for (const child of node.children ?? []) open.push({ id: child, callerId: id });
  }
  return tree;

  function idOf({ scriptId, functionName, url, lineNumber, columnNumber }: Profiler.ProfileNode['callFrame']): number {
    const key = `${scriptId}:${lineNumber}:${columnNumber}:${functionName}:${url}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const hasScript = scriptId !== NO_SCRIPT;
    const kind = hasScript ? FunctionKind.javascript : (KINDS_OF_V8[functionName] ?? FunctionKind.native);
    known.set(key, functions.length);
    const seen = {
      kind,
      name: functionName || '(anonymous)',
      url: url || (hasScript ? '<anonymous>' : 'native'),
      line: lineNumber + 1,
      column: columnNumber + 1,
    };
    return functions.push(seen) - 1;
  }
}
