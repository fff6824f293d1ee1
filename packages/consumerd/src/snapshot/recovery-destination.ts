import { join } from 'node:path';
import { directoryDate } from '@ringtail/base';
import type { Destination } from '@ringtail/protocol';

/**
 * Destination of the last snapshot after the session daemon died: `<output>/<session>-recovered-<YYYYmmdd-HHMMSS>`,
 * local time.
 */
export function recoveryDestination(output: Destination, session: string, now: Date): Destination {
  // The session daemon refuses names with slashes. This process does not depend on it.
  return { ...output, path: join(output.path, `${session.replaceAll('/', '_')}-recovered-${directoryDate(now)}`) };
}
