import type { Instant } from '@ringtail/base';

/** `D.ddddddddd` seconds, from one time to a later one. */
export function durationText(from: Instant, to: Instant): string {
  const borrow = to.nanoseconds < from.nanoseconds ? 1 : 0;
  return `${to.seconds - from.seconds - borrow}.${nineDigits(to.nanoseconds - from.nanoseconds + borrow * 1e9)}`;
}

/** Nanoseconds of a second. */
export function nineDigits(nanoseconds: number): string {
  return String(nanoseconds).padStart(9, '0');
}
