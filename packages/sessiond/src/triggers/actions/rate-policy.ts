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

/** Longest time that a failed execution counts for. An action that always fails is not repeated without end. */
const FAILURE_MS_MAX = 1000;

/** Limits the executions of an action in any period of the policy's length. Other policies have no such limit. */
export class ExecutionLimit {
  readonly #policy: RatePolicy;
  readonly #nowMs: () => number;
  /** For each execution that counts, the time from which it no longer does; earliest first. */
  readonly #untilMs: number[] = [];

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
    while (this.#untilMs[0] !== undefined && this.#untilMs[0] <= now) this.#untilMs.shift();
    const taken = Math.min(wanted, atMost - this.#untilMs.length);
    for (let begun = 0; begun < taken; begun++) this.#untilMs.push(now + periodUs / 1000);
    return taken;
  }

  /** The executions of the last `take` have failed: they count for a short time only. */
  failed(executions: number): void {
    if (!('atMost' in this.#policy)) return;
    const failed = this.#untilMs.splice(-executions);
    const untilMs = Math.min(failed[0] ?? 0, this.#nowMs() + FAILURE_MS_MAX);
    const later = this.#untilMs.findIndex((other) => other > untilMs);
    this.#untilMs.splice(later < 0 ? this.#untilMs.length : later, 0, ...failed.map(() => untilMs));
  }
}
