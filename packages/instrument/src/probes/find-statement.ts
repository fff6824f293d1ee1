import type { Node } from 'acorn';
import { variablesAt } from './find-variables.ts';
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
  const starts = lineStartsOf(source);
  const from = starts[line - 1];
  if (from === undefined) return `the file has ${starts.length} lines`;
  const tree = treeOf(source, isModule);
  if (typeof tree === 'string') return tree;
  const to = starts[line] ?? source.length + 1;
  const statements = statementsOf(tree);
  if (statements === undefined) return 'the file is nested too deep';
  const begun = statements.filter(({ node }) => node.start >= from).sort((a, b) => a.node.start - b.node.start);
  const [first] = begun;
  if (first === undefined || first.node.start >= to) {
    const lineOfNext = first === undefined ? undefined : lineOf(starts, first.node.start) + 1;
    const next = lineOfNext === undefined ? '' : `; the next one begins on line ${lineOfNext}`;
    return `no statement begins on line ${line}${next}`;
  }
  if (first.inside === undefined) return `line ${line} is outside of functions, so that it has run already`;
  const { node, at, isBare, inside } = first;
  const variables = variablesAt(tree, node.start);
  return { start: node.start, at, bracesEnd: isBare ? node.end : undefined, inside, variables };
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
