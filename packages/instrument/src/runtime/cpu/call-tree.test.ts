import { describe, expect, it } from 'vitest';
import { callTreeOf, FunctionKind } from './call-tree.ts';

function node(id: number, functionName: string, children: number[] = [], url = 'file:///app.js') {
  return {
    id,
    callFrame: { functionName, scriptId: url === '' ? '0' : '1', url, lineNumber: 0, columnNumber: 4 },
    children,
  };
}

describe('the call tree of a profile', () => {
  it('names a function once, and a stack by its function and its caller', () => {
    const { functions, ...tree } = callTreeOf([
      node(1, '(root)', [2, 4], ''),
      node(2, 'outer', [3]),
      node(3, 'inner'),
      node(4, 'inner'),
    ]);
    expect(functions.map(({ name, line, column }) => [name, line, column])).toEqual([
      ['inner', 1, 5],
      ['outer', 1, 5],
    ]);
    expect(tree).toEqual({ stackIds: [4, 2, 3], callerIds: [0, 0, 2], functionIds: [0, 1, 0] });
  });

  it('marks native functions, and times without a function', () => {
    const places = ['(idle)', '(program)', '(garbage collector)', 'sort'];
    const { functions } = callTreeOf([
      node(1, '(root)', [2, 3, 4, 5], ''),
      ...places.map((name, i) => node(i + 2, name, [], '')),
    ]);
    expect(new Map(functions.map(({ name, kind }) => [name, kind]))).toEqual(
      new Map([
        ['(idle)', FunctionKind.idle],
        ['(program)', FunctionKind.program],
        ['(garbage collector)', FunctionKind.garbage_collection],
        ['sort', FunctionKind.native],
      ]),
    );
  });

  it('names functions without a name, and scripts without an address', () => {
    const evaluated = node(2, '');
    const nodes = [node(1, '(root)', [2], ''), { ...evaluated, callFrame: { ...evaluated.callFrame, url: '' } }];
    const [found] = callTreeOf(nodes).functions;
    expect(found).toMatchObject({ kind: FunctionKind.javascript, name: '(anonymous)', url: '<anonymous>' });
  });

  it('leaves out children that the profile lacks', () => {
    expect(callTreeOf([node(1, '(root)', [2], '')]).stackIds).toEqual([]);
    expect(callTreeOf([]).stackIds).toEqual([]);
  });
});
