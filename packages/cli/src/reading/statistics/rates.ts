import type { Statistics } from '@ringtail/analyses';

/** Seconds from the first event of all to the last one; undefined where all have one time. */
export function spanSeconds({ firstNs, lastNs }: Statistics): number | undefined {
  if (firstNs === undefined || lastNs === undefined || firstNs === lastNs) return undefined;
  return Number(lastNs - firstNs) / 1e9;
}

/** Events a second, between the first and the last event of all. */
export function perSecond(count: number, data: Statistics): number | undefined {
  const seconds = spanSeconds(data);
  return seconds === undefined ? undefined : count / seconds;
}
