/** Code that probes add to scripts. */
import type { FunctionPlace } from './find-functions.ts';
import type { StatementPlace } from './find-statement.ts';
import { hitCode } from './hit-code.ts';
import type { LineProbe } from './probe.ts';
import type { Insertion, Piece } from './script-edits.ts';

/** The code of a probe at one place of a script. */
export interface ProbeCode {
  readonly insertion: Insertion;
  /** Place of a breakpoint, or a part of the text in which the first place is taken. */
  readonly from: number;
  readonly to: number | undefined;
  /** What the breakpoint runs. */
  readonly atBreakpoint: string;
  /** Expressions that must not have side effects. With undefined, there is nothing to check. */
  readonly checked: readonly string[] | undefined;
}

export function lineCode({ captures, locals }: LineProbe, place: StatementPlace, hook: string): ProbeCode {
  const { start, at, bracesEnd, variables, inside } = place;
  const ofLocals = { name: 'locals', expression: `({${variables.join()}})` };
  const all = locals === true ? [...captures, ofLocals] : captures;
  const code = hitCode(hook, all);
  const piece =
    bracesEnd === undefined ? { at, open: `;${code}` } : { at, open: `{${code}`, end: bracesEnd, close: '}' };
  const checked = all.map(({ expression }) => expression);
  return { insertion: { groups: [[piece]], inside }, from: start, to: undefined, atBreakpoint: code, checked };
}

/**
 * A function runs in a `try` that sets its result or its error. Where it returns a value, the value is kept in a
 * variable. The comma keeps a function that is returned without a name.
 *
 * An expression is assigned to the result, so that the function ends where it ended: otherwise V8 takes the edited
 * function for another one. Its errors are not seen.
 */
export function functionCode(place: FunctionPlace, hook: string): ProbeCode {
  const { from, to, isExpression, results, argumentsText, inside } = place;
  const [call, result, error, hasThrown] = ['c', 'r', 'e', 't'].map((letter) => `${hook}_${letter}`);
  const begin = `let ${call},${result},${hasThrown};try{${call}=${hook}.begin(${argumentsText})}catch{}try{`;
  const threw = `catch(${error}){${hasThrown}=1;try{${call}.error=${error}}catch{}throw ${error}}`;
  const end = `}${threw}finally{if(!${hasThrown})try{${call}.result=${result}}catch{}}`;
  const assigned = `(globalThis.${hook}??{begin:()=>({})}).begin(${argumentsText}).result=`;
  const kept = { open: `${result}=(0,`, close: ')' };
  const groups: Piece[][] = isExpression
    ? [[{ at: from, open: assigned }]]
    : from === to
      ? [[{ at: from, open: `;${begin}${end}` }]]
      : [
          [{ at: from, open: `;${begin}`, end: to, close: end }],
          ...results.map((value) => [{ at: value.start, ...kept, end: value.end }]),
        ];
  const insertion: Insertion = { groups, inside };
  const atBreakpoint = `try{${hook}.begin(${argumentsText})}catch{}`;
  return { insertion, from, to, atBreakpoint, checked: undefined };
}
