import { join } from 'node:path';

/** Where the last snapshot of a session goes whose daemon died: `<output>/<session>-recovered-<YYYYmmdd-HHMMSS>`, local time. */
export function recoveryDirectory(output: string, session: string, now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  // The session daemon sees to names that are no paths; this writes files on its word.
  return join(output, `${session.replaceAll('/', '_')}-recovered-${date}-${time}`);
}
