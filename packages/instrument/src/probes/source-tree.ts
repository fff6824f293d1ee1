/** Syntax trees of source texts. */
import { type Node, parse } from 'acorn';

export type AnyNode = Node & Record<string, unknown>;

export const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** Longer files take too long to parse in the program's thread. */
const SOURCE_LENGTH_MAX = 4 * 1024 * 1024;

/** @returns the reason if there is no tree */
export function treeOf(source: string, isModule: boolean): Node | string {
  if (source.length > SOURCE_LENGTH_MAX) return 'the file is too long to be parsed in the program';
  try {
    return parse(source, {
      ecmaVersion: 'latest',
      sourceType: isModule ? 'module' : 'script',
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: isModule,
      allowHashBang: true,
    });
  } catch {
    return 'the file cannot be parsed';
  }
}

export function* childrenOf(node: Node): Generator<Node> {
  for (const value of Object.values(node as AnyNode)) {
    if (Array.isArray(value)) {
      for (const one of value) if (isNode(one)) yield one;
    } else if (isNode(value)) yield value;
  }
}

/** Names that a parameter or a declaration binds. */
export function boundNames(pattern: Node): string[] {
  const any = pattern as AnyNode;
  switch (pattern.type) {
    case 'Identifier':
      return [any.name as string];
    case 'AssignmentPattern':
      return boundNames(any.left as Node);
    case 'RestElement':
      return boundNames(any.argument as Node);
    case 'Property':
      return boundNames(any.value as Node);
    case 'ObjectPattern':
      return (any.properties as Node[]).flatMap(boundNames);
    case 'ArrayPattern':
      return (any.elements as (Node | null)[]).flatMap((one) => (one === null ? [] : boundNames(one)));
    default:
      return [];
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** Lines end as V8 counts them. */
export function lineStartsOf(source: string): number[] {
  const starts = [0];
  for (const match of source.matchAll(/\r\n?|[\n\u2028\u2029]/g)) starts.push(match.index + match[0].length);
  return starts;
}

export function lineOf(starts: readonly number[], at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
