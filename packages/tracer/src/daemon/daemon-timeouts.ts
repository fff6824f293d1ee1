/** How long a thread waits for its session daemon; without an answer it goes on, and what it cannot record is counted. */

const REGISTER_TIMEOUT_MS = 3000;
const DECLARE_TIMEOUT_MS = 1000;

/** LTTng's `LTTNG_UST_REGISTER_TIMEOUT`: milliseconds, 0 to not wait, −1 for ever. */
export function registerTimeoutMs(env: NodeJS.ProcessEnv): number {
  return patienceOf(env) ?? REGISTER_TIMEOUT_MS;
}

/**
 * Milliseconds to wait where an event is described, in the middle of a tracepoint: as for the registration where that is
 * told to take longer, as LTTng-UST does it; −1: for ever.
 */
export function declareTimeoutMs(env: NodeJS.ProcessEnv): number {
  const patience = patienceOf(env) ?? 0;
  return patience < 0 ? patience : Math.max(patience, DECLARE_TIMEOUT_MS);
}

function patienceOf({ RINGTAIL_REGISTER_TIMEOUT: text }: NodeJS.ProcessEnv): number | undefined {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isInteger(value) && value >= -1 ? value : undefined;
}
