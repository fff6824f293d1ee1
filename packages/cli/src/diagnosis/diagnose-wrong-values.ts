import type { SessionStatistics } from '@ringtail/protocol';
import { type Finding, shortened } from '../errors/finding.ts';
import { describeWrongValues } from '../output/statistics.ts';

/** A finding about fields whose values in the trace are not the program's. */
export function diagnoseWrongValues(statistics: SessionStatistics): Finding[] {
  const evidence = describeWrongValues(statistics);
  if (evidence.length === 0) return [];
  return [
    {
      code: 'WRONG_VALUES',
      what: 'programs gave values that do not fit their fields, and the trace has other values in their place',
      evidence: shortened(evidence),
      nextStep:
        'call tracepoints with one value for each field, in the order of the declaration, and declare types that have room for the values; TypeScript checks both',
    },
  ];
}
