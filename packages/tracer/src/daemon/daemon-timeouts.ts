/**
 * Limits for how long a thread waits for its session daemon. After that it goes on; events that it cannot record are
 * counted.
 */

const REGISTER_TIMEOUT_MS = 3000;
const DECLARE_TIMEOUT_MS = 1000;
const SEND_TIMEOUT_MS = 500;

/** LTTng's `LTTNG_UST_REGISTER_TIMEOUT`: milliseconds; 0 does not wait, −1 waits without a limit. */
export function registerTimeoutMs(env: NodeJS.ProcessEnv): number {
  return timeoutIn(env) ?? REGISTER_TIMEOUT_MS;
}

/**
 * Milliseconds that a tracepoint waits for the identifier of its event; −1: without a limit.
 *
 * A second, since the program stands still meanwhile, or the limit of the registration where the user has set a longer
 * one.
 */
export function declareTimeoutMs(env: NodeJS.ProcessEnv): number {
  return atLeast(DECLARE_TIMEOUT_MS, env);
}

/**
 * Milliseconds that a message may wait for room in the socket; −1: without a limit. After that the connection is
 * closed.
 */
export function sendTimeoutMs(env: NodeJS.ProcessEnv): number {
  return atLeast(SEND_TIMEOUT_MS, env);
}

function atLeast(defaultMs: number, env: NodeJS.ProcessEnv): number {
  const timeoutMs = timeoutIn(env) ?? 0;
  return timeoutMs < 0 ? timeoutMs : Math.max(timeoutMs, defaultMs);
}

function timeoutIn({ RINGTAIL_REGISTER_TIMEOUT: text }: NodeJS.ProcessEnv): number | undefined {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isInteger(value) && value >= -1 ? value : undefined;
}
