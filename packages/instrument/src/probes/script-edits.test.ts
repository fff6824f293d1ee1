import inspector from 'node:inspector';
import { runInThisContext } from 'node:vm';
import { afterAll, expect, it } from 'vitest';
import { DebuggerSession, type Script } from './debugger-session.ts';
import { findFunctions } from './find-functions.ts';
import { findStatement } from './find-statement.ts';
import { functionCode, lineCode } from './probe-code.ts';
import { type Insertion, ScriptEdits } from './script-edits.ts';

const canEdit = Number(process.versions.node.split('.')[0]) < 26;
const session = new DebuggerSession(inspector);
afterAll(() => session.close());

let lastFile = 0;

function loaded(source: string): { value: Record<string, () => unknown>; edits: ScriptEdits } {
  const path = `/edited/${++lastFile}.js`;
  let script: Script | undefined;
  session.listen((one) => {
    if (one.path === path) script = one;
  });
  const value = runInThisContext(source, { filename: path }) as Record<string, () => unknown>;
  return { value, edits: new ScriptEdits(session, script as Script, () => undefined) };
}

/** Calls the function before, with and after the edit. @returns what the hook got */
function callsOf(source: string, insertion: Insertion): { result: string; got: number } {
  const { value, edits } = loaded(source);
  const calls: unknown[] = [];
  const call = {
    set result(result: unknown) {
      calls.push(result);
    },
  };
  const hook = Object.assign(() => calls.push('hit'), { begin: () => call });
  Object.assign(globalThis, { __hook: hook });
  const text = String(value.f);
  const before = value.f?.();
  const result = edits.insert(insertion);
  expect(value.f?.()).toEqual(before);
  const got = calls.length;
  expect(edits.remove(insertion)).toBe('edited');
  expect([String(value.f), value.f?.(), calls.length]).toEqual([text, before, got]);
  return { result, got };
}

const LONG = `'${'x'.repeat(900)}'`;

it
  .runIf(canEdit)
  .each([
    '({ f() {\n  return 1;\n} })',
    '({ f() { return 1; } })',
    '({ f() { return 1 }, g() { return 2 } })',
    '({f(){}})',
    '({ f: () => 1, g: () => 2 })',
    '({ f: () => ({ a: [1] }), g() {} })',
    '({ f() {\n  if (this.g) { return [() => 1].length }\n  return 2;\n}, g() {} })',
    '({ f() { // note\n  return 1\n}\n})',
    "({ f() {\n  'use strict'\n  try { throw 1 } catch { return 1 } } })",
  ])('V8 sees which function is edited, and leaves the others: %j', (object) => {
  const source = `const made = ${object}; made`.replace('const', 'var');
  const [place] = findFunctions(source, 'made.f', false);
  expect(callsOf(source, functionCode(place as never, '__hook').insertion)).toEqual({ result: 'edited', got: 1 });
});

it.runIf(canEdit)(
  'long code is inserted where it is alone in its lines, and refused on a line of a function’s begin',
  () => {
    const source = '({\n f() {\n  const a = 1;\n  return a;\n}\n})';
    const probe = {
      name: 'probe:p',
      file: 'f.js',
      line: 1,
      expiresAtMs: 0,
      captures: [{ name: 'a', expression: LONG }],
    };
    const codeAt = (line: number) => lineCode(probe, findStatement(source, line, false) as never, '__hook').insertion;
    expect(callsOf(source, codeAt(4))).toEqual({ result: 'edited', got: 1 });
    expect(callsOf(source, codeAt(3))).toEqual({ result: 'too long', got: 0 });
  },
);

it.runIf(canEdit)('texts of scripts before edits are no scripts of later sessions', () => {
  const path = '/edited/again.js';
  const { f } = runInThisContext('({ f() {\n  return 1;\n} })', { filename: path }) as { f: () => number };
  const scriptsIn = (one: DebuggerSession) => [...one.scripts].filter((script) => script.path === path);
  let replaced: ReadonlySet<string> | undefined;
  let first: string | undefined;
  for (let turn = 0; turn < 3; turn++) {
    const own = new DebuggerSession(inspector, replaced);
    const [script, ...others] = scriptsIn(own) as [Script, ...Script[]];
    first ??= script.id;
    expect([script.id, others]).toEqual([first, []]);
    for (const number of [2, 1]) {
      expect(own.edit(script, `({ f() {\n  return ${number};\n} })`)).toBe('Ok');
      expect(f()).toBe(number);
    }
    replaced = own.close();
    const unused = new DebuggerSession(inspector, replaced);
    expect(scriptsIn(unused)).toHaveLength(1);
    replaced = unused.close();
  }
});
