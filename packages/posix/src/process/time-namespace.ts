import { readFileSync, readlinkSync } from 'node:fs';
import { NS_PER_S } from '@ringtail/base';

/**
 * Nanoseconds from CLOCK_MONOTONIC of the kernel's first time namespace to this process's; 0 if the kernel has no time
 * namespaces.
 *
 * @returns undefined if it is unknown: the kernel shows the offsets of another namespace
 */
export function monotonicOffsetNs(procDirectory = '/proc/self'): number | undefined {
  let offsets: string;
  try {
    offsets = readFileSync(`${procDirectory}/timens_offsets`, 'latin1');
  } catch {
    return 0;
  }
  // The offsets belong to the namespace of the children.
  if (readlinkSync(`${procDirectory}/ns/time`) !== readlinkSync(`${procDirectory}/ns/time_for_children`))
    return undefined;
  const [, seconds, nanoseconds] = /^(?:monotonic|1)\s+(-?\d+)\s+(-?\d+)/m.exec(offsets) ?? [];
  return Number(seconds ?? 0) * Number(NS_PER_S) + Number(nanoseconds ?? 0);
}
