import type { Node } from 'acorn';
import { type AnyNode, boundNames, childrenOf, FUNCTIONS } from './source-tree.ts';

const VARIABLES_MAX = 64;

/**
 * Names of the variables that have a value before the statement at this place: of its function, and of the blocks of
 * this function around it. Inner ones come first.
 */
export function variablesAt(tree: Node, start: number): readonly string[] {
  const names = new Set<string>();
  for (const node of aroundOf(tree, start).reverse()) {
    for (const name of namesOf(node as AnyNode, start)) names.add(name);
    if (FUNCTIONS.has(node.type) || node.type === 'StaticBlock') break;
  }
  names.delete('arguments');
  return [...names].slice(0, VARIABLES_MAX);
}

/** The nodes around a place, the outermost first. */
function aroundOf(tree: Node, start: number): Node[] {
  const around: Node[] = [];
  for (let node: Node | undefined = tree; node !== undefined; ) {
    around.push(node);
    node = [...childrenOf(node)].find((child) => child.start <= start && start < child.end);
  }
  return around;
}

function namesOf(node: AnyNode, start: number): string[] {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return [...(node.params as Node[]).flatMap(boundNames), ...variableNames(node.body as Node)];
    case 'CatchClause':
      return node.param === null ? [] : boundNames(node.param as Node);
    case 'ForStatement':
      return declaredNames(node.init as AnyNode | null, start);
    case 'ForInStatement':
    case 'ForOfStatement':
      return declaredNames(node.left as AnyNode, start);
    case 'BlockStatement':
    case 'StaticBlock':
      return (node.body as AnyNode[]).flatMap((statement) => declaredNames(statement, start));
    case 'SwitchStatement':
      return [];
    case 'SwitchCase':
      return (node.consequent as AnyNode[]).flatMap((statement) => declaredNames(statement, start));
    default:
      return [];
  }
}

/** Names that a statement declares in its block. Before its end, they have no value. */
function declaredNames(statement: AnyNode | null, start: number): string[] {
  if (statement === null || statement.end > start) return [];
  if (statement.type === 'VariableDeclaration') {
    return (statement.declarations as { id: Node }[]).flatMap(({ id }) => boundNames(id));
  }
  return statement.type === 'ClassDeclaration' ? boundNames(statement.id as Node) : [];
}

/** Names of a function's `var`, wherever they are in it. */
function variableNames(node: Node): string[] {
  if (FUNCTIONS.has(node.type)) return [];
  const { kind, declarations } = node as AnyNode;
  const own =
    node.type === 'VariableDeclaration' && kind === 'var'
      ? (declarations as { id: Node }[]).flatMap(({ id }) => boundNames(id))
      : [];
  return [...own, ...[...childrenOf(node)].flatMap(variableNames)];
}
