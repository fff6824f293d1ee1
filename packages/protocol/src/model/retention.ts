import { nullable, object, type Shaped, size } from '../wire/shape.ts';

/** Limits of the archives or snapshots that are kept. The oldest are removed first, the newest always stays. */
export const retention = object({
  /** Seconds since it was completed; null: no limit. */
  ageSeconds: nullable(size),
  /** Their number; null: no limit. */
  count: nullable(size),
  /** Bytes of their files together; null: no limit. */
  bytes: nullable(size),
});
export type Retention = Shaped<typeof retention>;

export const KEEP_ALL: Retention = { ageSeconds: null, count: null, bytes: null };

export interface Kept {
  readonly bytes: number;
  /** Time at which it was completed, in milliseconds of the same clock as `nowMs`. */
  readonly completedMs: number;
}

/** The part of a list that has to be removed so that the rest is within the limits. */
export function excess<T extends Kept>(oldestFirst: readonly T[], limits: Retention, nowMs: number): T[] {
  const { ageSeconds, count, bytes } = limits;
  let left = oldestFirst.length;
  let leftBytes = oldestFirst.reduce((sum, one) => sum + one.bytes, 0);
  return oldestFirst.slice(0, -1).filter((one) => {
    const isExcess =
      (count !== null && left > count) ||
      (bytes !== null && leftBytes > bytes) ||
      (ageSeconds !== null && nowMs - one.completedMs > ageSeconds * 1000);
    if (!isExcess) return false;
    left -= 1;
    leftBytes -= one.bytes;
    return true;
  });
}
