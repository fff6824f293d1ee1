import { type Node, parse } from 'acorn';

/** A place in a source text before a statement. */
export interface StatementPlace {
  /** Where the statement begins, lines and columns from 0. */
  readonly line: number;
  readonly column: number;
  /** Last line of the statement, from 0. */
  readonly lastLine: number;
  /** Where text can be inserted that runs before the statement. */
  readonly at: number;
  /** End of a statement that needs braces, as the body of an `if` without them; undefined for others. */
  readonly bracesEnd: number | undefined;
}

/** Longer files take too long to parse in the program's thread. */
const SOURCE_LENGTH_MAX = 4 * 1024 * 1024;

interface Found {
  readonly node: Node;
  readonly at: number;
  readonly isBare: boolean;
  readonly isInFunction: boolean;
}

/**
 * The first statement that begins on a line.
 *
 * @param line from 1
 * @returns the reason if a probe cannot be there
 */
export function findStatement(source: string, line: number, isModule: boolean): StatementPlace | string {
  if (source.length > SOURCE_LENGTH_MAX) return 'the file is too long to be parsed in the program';
  const starts = lineStartsOf(source);
  const from = starts[line - 1];
  if (from === undefined) return `the file has ${starts.length} lines`;
  const tree = treeOf(source, isModule);
  if (tree === undefined) return 'the file cannot be parsed';
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
  if (!first.isInFunction) return `line ${line} is outside of functions, so that it has run already`;
  const { node, at, isBare } = first;
  const own = lineOf(starts, node.start);
  return {
    line: own,
    column: node.start - (starts[own] as number),
    lastLine: lineOf(starts, node.end),
    at,
    bracesEnd: isBare ? node.end : undefined,
  };
}

function treeOf(source: string, isModule: boolean): Node | undefined {
  try {
    return parse(source, {
      ecmaVersion: 'latest',
      sourceType: isModule ? 'module' : 'script',
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: isModule,
      allowHashBang: true,
    });
  } catch {
    return undefined;
  }
}

/** @returns undefined if the stack is too small for the tree */
function statementsOf(tree: Node): Found[] | undefined {
  const found: Found[] = [];
  try {
    visit(tree, false, found);
    return found;
  } catch {
    return undefined;
  }
}

type AnyNode = Node & Record<string, unknown>;

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression', 'StaticBlock']);
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
function visit(node: Node, isInFunction: boolean, found: Found[]): void {
  const any = node as AnyNode;
  const isInside = isInFunction || FUNCTIONS.has(node.type);
  if (node.type === 'BlockStatement' || node.type === 'StaticBlock') addList(any, found, isInside);
  else if (node.type === 'Program') addList(any, found, false);
  else if (node.type === 'SwitchCase') {
    for (const one of any.consequent as Node[]) add(one, one.start, false, isInside, found);
  }
  for (const member of BODIES[node.type] ?? []) {
    const body = any[member] as Node | null;
    if (body !== null && body.type !== 'BlockStatement') add(body, body.start, true, isInside, found);
  }
  for (const value of Object.values(any)) {
    if (Array.isArray(value)) for (const one of value) if (isNode(one)) visit(one, isInside, found);
    if (isNode(value)) visit(value, isInside, found);
  }
}

/** Text goes to the end of the statement before, so that all columns of the line stay. */
function addList(block: AnyNode, found: Found[], isInFunction: boolean): void {
  const list = block.body as Node[];
  list.forEach((node, index) => {
    const before = list[index - 1];
    const isFirstOfBlock = before === undefined && block.type === 'BlockStatement';
    const at = before?.end ?? (isFirstOfBlock ? block.start + 1 : node.start);
    add(node, at, false, isInFunction, found);
  });
}

function add(node: Node, at: number, isBare: boolean, isInFunction: boolean, found: Found[]): void {
  const { type, directive } = node as AnyNode;
  // Text before a directive would end it. Blocks and empty statements have no code of their own.
  if (directive !== undefined || type === 'BlockStatement' || type === 'EmptyStatement') return;
  if (type === 'FunctionDeclaration') return;
  found.push({ node, at, isBare, isInFunction });
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** Lines end as V8 counts them. */
function lineStartsOf(source: string): number[] {
  const starts = [0];
  for (const match of source.matchAll(/\r\n?|[\n\u2028\u2029]/g)) starts.push(match.index + match[0].length);
  return starts;
}

function lineOf(starts: readonly number[], at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
