import { readFileSync, readlinkSync } from 'node:fs';

const NS_PER_SECOND = 1e9;

/**
 * By how many nanoseconds CLOCK_MONOTONIC of this process is ahead of that of the kernel's first time namespace; 0 where
 * the kernel has no time namespaces.
 *
 * @returns undefined where it cannot be known: the offsets that the kernel tells are those of another namespace
 */
export function monotonicOffsetNs(procDirectory = '/proc/self'): number | undefined {
  let offsets: string;
  try {
    offsets = readFileSync(`${procDirectory}/timens_offsets`, 'latin1');
  } catch {
    return 0;
  }
  // The offsets are those of the namespace that children are in.
  if (readlinkSync(`${procDirectory}/ns/time`) !== readlinkSync(`${procDirectory}/ns/time_for_children`))
    return undefined;
  const [, seconds, nanoseconds] = /^(?:monotonic|1)\s+(-?\d+)\s+(-?\d+)/m.exec(offsets) ?? [];
  return Number(seconds ?? 0) * NS_PER_SECOND + Number(nanoseconds ?? 0);
}
