import { expect, it } from 'vitest';
import { shownFindings } from './recorded-report.ts';

interface Found {
  readonly rule: 'event-loop-stall' | 'slow-call' | 'listener-leak';
  readonly n: number;
}

const STALLS = [1, 2, 3].map((n): Found => ({ rule: 'event-loop-stall', n }));
const CALLS = [4, 5, 6].map((n): Found => ({ rule: 'slow-call', n }));
const LEAK: Found = { rule: 'listener-leak', n: 7 };

it('the end of a recording shows a finding of each rule before further ones, in the order of all findings', () => {
  const shown = (findings: readonly Found[]) => shownFindings(findings).map(({ n }) => n);
  expect(shown([...STALLS, ...CALLS, LEAK])).toEqual([1, 2, 3, 4, 7]);
  expect(shown([...STALLS, LEAK])).toEqual([1, 2, 3, 7]);
  expect(shown([])).toEqual([]);
});
