import type { Node } from 'acorn';
import { variablesAt } from './find-variables.ts';
import type { MappedPlace } from './source-map.ts';
import { type AnyNode, childrenOf, FUNCTIONS, lineOf, lineStartsOf, treeOf } from './source-tree.ts';

/** A place in a source text before a statement. */
export interface StatementPlace {
  /** Where the statement begins. */
  readonly start: number;
  /** Where text can be inserted that runs before the statement. */
  readonly at: number;
  /** End of a statement that needs braces, as the body of an `if` without them; undefined for others. */
  readonly bracesEnd: number | undefined;
  /** The function. */
  readonly inside: { readonly start: number; readonly end: number };
  /** Variables of the function and of the blocks around the statement, innermost first. */
  readonly variables: readonly string[];
}

interface Found {
  readonly node: Node;
  readonly at: number;
  readonly isBare: boolean;
  /** The function around it; undefined outside of functions. */
  readonly inside: Node | undefined;
}

/**
 * The first statement that begins on a line.
 *
 * @param line from 1
 * @returns the reason if a probe cannot be there
 */
export function findStatement(source: string, line: number, isModule: boolean): StatementPlace | string {
  const parsed = parsedOf(source, isModule);
  if (typeof parsed === 'string') return parsed;
  const { starts, statements } = parsed;
  const from = starts[line - 1];
  if (from === undefined) return `the file has ${starts.length} lines`;
  const first = statements.find(({ node }) => node.start >= from);
  if (first === undefined || first.node.start >= (starts[line] ?? source.length + 1)) {
    return noStatement(line, first === undefined ? undefined : lineOf(starts, first.node.start) + 1);
  }
  return placeOf(parsed, first, line);
}

/**
 * The first statement that begins on a line of a source that the text was made from.
 *
 * @param line from 1
 * @param places from this line on, in the order of the source
 */
export function findMappedStatement(
  source: string,
  line: number,
  isModule: boolean,
  places: readonly MappedPlace[],
): StatementPlace | string {
  const parsed = parsedOf(source, isModule);
  if (typeof parsed === 'string') return parsed;
  const begun = new Map(parsed.statements.toReversed().map((found) => [found.node.start, found]));
  for (const { sourceLine, line: madeLine, column } of places) {
    const start = parsed.starts[madeLine];
    const found = start === undefined ? undefined : begun.get(afterSpace(source, start + column));
    if (found === undefined) continue;
    return sourceLine + 1 === line ? placeOf(parsed, found, line) : noStatement(line, sourceLine + 1);
  }
  return noStatement(line, undefined);
}

const SPACE_LENGTH_MAX = 1024;

/** Some compilers map a statement from the begin of its line. */
function afterSpace(source: string, from: number): number {
  const space = /^\s*/.exec(source.slice(from, from + SPACE_LENGTH_MAX));
  return from + (space?.[0].length ?? 0);
}

interface Parsed {
  readonly tree: Node;
  readonly starts: readonly number[];
  /** In the order of the text. */
  readonly statements: readonly Found[];
}

function parsedOf(source: string, isModule: boolean): Parsed | string {
  const tree = treeOf(source, isModule);
  if (typeof tree === 'string') return tree;
  const statements = statementsOf(tree)?.sort((a, b) => a.node.start - b.node.start);
  if (statements === undefined) return 'the file is nested too deep';
  return { tree, starts: lineStartsOf(source), statements };
}

function placeOf({ tree }: Parsed, { node, at, isBare, inside }: Found, line: number): StatementPlace | string {
  if (inside === undefined) return `line ${line} is outside of functions, so that it has run already`;
  const variables = variablesAt(tree, node.start);
  return { start: node.start, at, bracesEnd: isBare ? node.end : undefined, inside, variables };
}

function noStatement(line: number, next: number | undefined): string {
  return `no statement begins on line ${line}${next === undefined ? '' : `; the next one begins on line ${next}`}`;
}

/** @returns undefined if the stack is too small for the tree */
function statementsOf(tree: Node): Found[] | undefined {
  const found: Found[] = [];
  try {
    visit(tree, undefined, found);
    return found;
  } catch {
    return undefined;
  }
}

/** Nodes with code that runs later than the code around them. */
const LATER = new Set([...FUNCTIONS, 'StaticBlock']);
/** Statements that may be the body of another one without braces, by the member that has them. */
const BODIES: Readonly<Record<string, readonly string[]>> = {
  IfStatement: ['consequent', 'alternate'],
  ForStatement: ['body'],
  ForInStatement: ['body'],
  ForOfStatement: ['body'],
  WhileStatement: ['body'],
  DoWhileStatement: ['body'],
  WithStatement: ['body'],
};

/** Statements in the order of the text, the outer before the inner one. */
function visit(node: Node, around: Node | undefined, found: Found[]): void {
  const any = node as AnyNode;
  const inside = LATER.has(node.type) ? node : around;
  if (node.type === 'BlockStatement' || node.type === 'StaticBlock') addList(any, found, inside);
  else if (node.type === 'Program') addList(any, found, undefined);
  else if (node.type === 'SwitchCase') {
    for (const one of any.consequent as Node[]) add(one, one.start, false, inside, found);
  }
  for (const member of BODIES[node.type] ?? []) {
    const body = any[member] as Node | null;
    if (body !== null && body.type !== 'BlockStatement') add(body, body.start, true, inside, found);
  }
  for (const child of childrenOf(node)) visit(child, inside, found);
}

/** Text goes to the end of the statement before, so that all columns of the line stay. */
function addList(block: AnyNode, found: Found[], inside: Node | undefined): void {
  const list = block.body as Node[];
  list.forEach((node, index) => {
    const before = list[index - 1];
    const isFirstOfBlock = before === undefined && block.type === 'BlockStatement';
    const at = before?.end ?? (isFirstOfBlock ? block.start + 1 : node.start);
    add(node, at, false, inside, found);
  });
}

function add(node: Node, at: number, isBare: boolean, inside: Node | undefined, found: Found[]): void {
  const { type, directive } = node as AnyNode;
  // Text before a directive would end it. Blocks and empty statements have no code of their own.
  if (directive !== undefined || type === 'BlockStatement' || type === 'EmptyStatement') return;
  if (type === 'FunctionDeclaration') return;
  found.push({ node, at, isBare, inside });
}
