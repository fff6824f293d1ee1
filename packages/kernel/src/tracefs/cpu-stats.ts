/** Counters of one CPU's buffer, from `per_cpu/cpuN/stats`. */
export interface CpuStats {
  /** Events that can be read. */
  readonly entries: number;
  /** Events that newer ones overwrote. */
  readonly overrun: number;
  /** Events that an interrupt could not record since it came in the middle of another event's record. */
  readonly commitOverrun: number;
  readonly bytes: number;
  /** Events without room, in a buffer that does not overwrite. */
  readonly dropped: number;
  /** Events that were read. */
  readonly read: number;
}

/** Parses the counters. Those that the kernel does not have are 0. */
export function parseCpuStats(text: string): CpuStats {
  const count = (name: string) => {
    const digits = new RegExp(`^${name}: (\\d{1,20})$`, 'm').exec(text)?.[1];
    return digits === undefined ? 0 : Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
  };
  return {
    entries: count('entries'),
    overrun: count('overrun'),
    commitOverrun: count('commit overrun'),
    bytes: count('bytes'),
    dropped: count('dropped events'),
    read: count('read events'),
  };
}
