import { statSync } from 'node:fs';
import type { Context } from './context.ts';

/**
 * Next step for an error about files in a `RINGTAIL_HOME` of another user, which programs such as `su` pass on;
 * undefined for other errors.
 */
export function foreignHomeHint({ env, uid }: Context, message: string): string | undefined {
  const home = env.RINGTAIL_HOME;
  if (!home || uid === 0 || !message.includes(home) || isOwn(home, uid)) return undefined;
  return `RINGTAIL_HOME is set to ${home}, which is not a directory of this user (su and sudo may pass it on): unset RINGTAIL_HOME, or set it to a directory of this user`;
}

function isOwn(path: string, uid: number): boolean {
  try {
    return statSync(path).uid === uid;
  } catch {
    return false;
  }
}
