import type { Retention } from '@ringtail/protocol';
import { formatBytes } from './quantity.ts';

const AGE_UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** `at most 10, 1.0 GiB together, for 7 d`; empty without limits. */
export function describeRetention(retention: Retention | undefined): string {
  const { ageSeconds = null, count = null, bytes = null } = retention ?? {};
  return [
    ...(count === null ? [] : [`at most ${count}`]),
    ...(bytes === null ? [] : [`at most ${formatBytes(bytes)} together`]),
    ...(ageSeconds === null ? [] : [`for ${ageText(ageSeconds)}`]),
  ].join(', ');
}

/** In the largest unit of which it is a multiple. */
function ageText(seconds: number): string {
  const [size, unit] = AGE_UNITS.find(([factor]) => seconds % factor === 0) ?? [1, 's'];
  return `${seconds / size} ${unit}`;
}
