import { join } from 'node:path';

/**
 * Directory of the last snapshot after the session daemon died: `<output>/<session>-recovered-<YYYYmmdd-HHMMSS>`, local
 * time.
 */
export function recoveryDirectory(output: string, session: string, now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  // The session daemon refuses names with slashes. This process does not depend on it.
  return join(output, `${session.replaceAll('/', '_')}-recovered-${date}-${time}`);
}
