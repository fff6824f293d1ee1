import type { LineProbe } from './probe.ts';

/**
 * Code that calls the hit function of a probe with its captured values. Where one of them cannot be read, the others
 * are read one by one. It throws nothing, also after the hit function has gone.
 */
export function hitCode(hit: string, captures: LineProbe['captures']): string {
  const values = captures.map(({ expression }) => `(${expression})`);
  const variables = captures.map((_, index) => `${hit}_${index}`);
  if (values.length === 0) return `try{${hit}()}catch{}`;
  const reads = captures.map(
    (_, index) => `try{${variables[index]}=${values[index]}}catch(e){${variables[index]}=${hit}.unreadable(e)}`,
  );
  const second = `let ${variables.join()};${reads.join('')}${hit}(${variables.join()})`;
  return `try{${hit}(${values.join()})}catch{try{${second}}catch{}}`;
}
