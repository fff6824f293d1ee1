import { join } from 'node:path';
import type { Destination } from '@ringtail/protocol';

/**
 * Destination of the last snapshot after the session daemon died: `<output>/<session>-recovered-<YYYYmmdd-HHMMSS>`,
 * local time.
 */
export function recoveryDestination(output: Destination, session: string, now: Date): Destination {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  // The session daemon refuses names with slashes. This process does not depend on it.
  return { ...output, path: join(output.path, `${session.replaceAll('/', '_')}-recovered-${date}-${time}`) };
}
