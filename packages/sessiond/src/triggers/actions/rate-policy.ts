import type { RatePolicy } from '@ringtail/protocol';

/**
 * Executions of an action that occurrences `before + 1` to `before + count` make due. A policy by time withholds some
 * of them when they begin.
 *
 * @see lttng-add-trigger(1), --rate-policy
 */
export function dueTimes(policy: RatePolicy, before: number, count: number): number {
  if ('atMost' in policy) return count;
  const after = before + count;
  if ('every' in policy) return Math.floor(after / policy.every) - Math.floor(before / policy.every);
  return before < policy.onceAfter && policy.onceAfter <= after ? 1 : 0;
}

/** Limits the executions of an action in any period of the policy's length. Other policies have no such limit. */
export class ExecutionLimit {
  readonly #policy: RatePolicy;
  readonly #nowMs: () => number;
  /** Times of the executions in the last period, oldest first. */
  readonly #times: number[] = [];

  /** @param nowMs a monotonic clock */
  constructor(policy: RatePolicy, nowMs: () => number) {
    this.#policy = policy;
    this.#nowMs = nowMs;
  }

  /** @returns the executions that may begin now, up to `wanted`; they count from now on */
  take(wanted: number): number {
    if (!('atMost' in this.#policy)) return wanted;
    const { atMost, periodUs } = this.#policy;
    const now = this.#nowMs();
    const expired = now - periodUs / 1000;
    while (this.#times[0] !== undefined && this.#times[0] <= expired) this.#times.shift();
    const taken = Math.min(wanted, atMost - this.#times.length);
    for (let begun = 0; begun < taken; begun++) this.#times.push(now);
    return taken;
  }
}
