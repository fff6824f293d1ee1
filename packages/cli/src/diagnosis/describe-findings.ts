import type { Finding } from '../errors/finding.ts';
import { plural } from '../output/quantity.ts';
import type { Style } from '../output/style.ts';

/** The findings as lines for people, the first cause first; empty without findings. */
export function describeFindings(style: Style, findings: readonly Finding[], eventsRecorded: number): string[] {
  if (findings.length === 0) return [];
  const areAllValues = findings.every(({ code }) => code === 'WRONG_VALUES');
  const what = areAllValues
    ? 'Not every value was recorded as it was given'
    : eventsRecorded > 0
      ? 'Not everything was recorded'
      : 'No events';
  const heading = style.yellow(`${what}, for ${plural(findings.length, 'reason')}:`);
  return [heading, ...findings.flatMap((finding) => linesOf(style, finding))];
}

function linesOf(style: Style, { what, evidence, nextStep }: Finding): string[] {
  return [
    `  - ${style.bold(what)}`,
    ...evidence.map((line) => `      ${line}`),
    `      ${style.cyan('next:')} ${nextStep}`,
  ];
}
