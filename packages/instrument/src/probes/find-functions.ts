import type { Node } from 'acorn';
import { type AnyNode, boundNames, childrenOf, FUNCTIONS, treeOf } from './source-tree.ts';

/** The code of a function in a source text. */
export interface FunctionPlace {
  /** Where text can be inserted that runs when the function begins. */
  readonly from: number;
  /** End of its last statement, or of its expression. */
  readonly to: number;
  /** Whether the code is one expression, as of an arrow function without braces. */
  readonly isExpression: boolean;
  /** Expressions that its `return` statements return. */
  readonly results: readonly { readonly start: number; readonly end: number }[];
  /** The whole function. */
  readonly inside: { readonly start: number; readonly end: number };
  /** An expression of its arguments by name. */
  readonly argumentsText: string;
}

/**
 * All functions of a source text with a name.
 *
 * A function is called as its declaration, or as the variable, property or class that it is assigned to:
 * `add`, `cart.add`, `Cart.prototype.add`, `Cart.create` if it is static. `module.exports` and `exports` are no part.
 *
 * @returns the reason if they cannot be found
 */
export function findFunctions(source: string, name: string, isModule: boolean): FunctionPlace[] | string {
  const tree = treeOf(source, isModule);
  if (typeof tree === 'string') return tree;
  const found = new Set<AnyNode>();
  try {
    visit(tree, undefined, (node, called) => {
      if (called === name) found.add(node);
    });
    return [...found].map((node) => placeOf(source, node));
  } catch {
    return 'the file is nested too deep';
  }
}

type Visitor = (node: AnyNode, called: string) => void;

/** @param called how the value of this node is called */
function visit(node: Node, called: string | undefined, visitor: Visitor): void {
  const any = node as AnyNode;
  const own = nameOf(any.id);
  if (FUNCTIONS.has(node.type)) {
    for (const one of [called, own]) if (one !== undefined) visitor(any, one);
  }
  for (const child of childrenOf(node)) visit(child, calledIn(any, child, own ?? called), visitor);
}

/** How the value of a child is called, in a node that is called so. */
function calledIn(parent: AnyNode, child: Node, called: string | undefined): string | undefined {
  switch (parent.type) {
    case 'VariableDeclarator':
      return child === parent.init ? nameOf(parent.id) : undefined;
    case 'AssignmentExpression':
      return child === parent.right ? withoutExports(pathOf(parent.left as AnyNode)) : undefined;
    case 'ExportDefaultDeclaration':
      return 'default';
    case 'ClassBody':
    case 'ClassDeclaration':
    case 'ClassExpression':
      // Members are named by their class.
      return child === parent.superClass ? undefined : called;
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return child === parent.value
        ? memberName(parent, called, parent.static === true ? '' : 'prototype.')
        : undefined;
    case 'ObjectExpression':
      return called;
    case 'Property':
      return child === parent.value ? memberName(parent, called, '') : undefined;
    default:
      return undefined;
  }
}

function memberName({ key, computed }: AnyNode, holder: string | undefined, between: string): string | undefined {
  const { type, name, value } = key as AnyNode;
  if (holder === undefined || computed === true) return undefined;
  const own = type === 'PrivateIdentifier' ? `#${name}` : String(type === 'Literal' ? value : name);
  return holder === '' ? own : `${holder}.${between}${own}`;
}

function nameOf(id: unknown): string | undefined {
  const { type, name } = (id ?? {}) as { type?: string; name?: string };
  return type === 'Identifier' ? name : undefined;
}

/** `a.b.c` */
function pathOf(node: AnyNode): string | undefined {
  if (node.type === 'Identifier') return node.name as string;
  if (node.type === 'ThisExpression') return 'this';
  if (node.type !== 'MemberExpression' || node.computed === true) return undefined;
  const holder = pathOf(node.object as AnyNode);
  return holder === undefined ? undefined : `${holder}.${(node.property as AnyNode).name}`;
}

function withoutExports(path: string | undefined): string | undefined {
  return path?.replace(/^(module\.exports|exports)(\.|$)/, '');
}

function placeOf(source: string, node: AnyNode): FunctionPlace {
  const body = node.body as AnyNode;
  const argumentsText = argumentsOf(node);
  if (body.type !== 'BlockStatement') {
    const from = source.lastIndexOf('=>', body.start) + 2;
    return { from, to: node.end, isExpression: true, results: [], inside: node, argumentsText };
  }
  const statements = body.body as AnyNode[];
  const from = statements.findLast(({ directive }) => directive !== undefined)?.end ?? body.start + 1;
  const to = statements.at(-1)?.end ?? from;
  return { from, to, isExpression: false, results: resultsOf(body), inside: node, argumentsText };
}

function argumentsOf(node: AnyNode): string {
  const params = node.params as Node[];
  if (params.length > 0) return `{${params.flatMap(boundNames).join()}}`;
  return node.type === 'ArrowFunctionExpression' ? '{}' : 'arguments';
}

function resultsOf(node: Node): { start: number; end: number }[] {
  if (FUNCTIONS.has(node.type) || node.type === 'StaticBlock') return [];
  const { argument } = node as AnyNode;
  if (node.type === 'ReturnStatement' && argument !== null) return [argument as Node];
  return [...childrenOf(node)].flatMap(resultsOf);
}
