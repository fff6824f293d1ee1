import { homedir, userInfo } from 'node:os';

/**
 * Directory of traces, saved sessions and the current session's name, as `LTTNG_HOME` is for LTTng. Empty values of
 * `RINGTAIL_HOME` and `HOME` are as unset.
 */
export function homeDirectory(env: Readonly<Record<string, string | undefined>>): string {
  return env.RINGTAIL_HOME || homedir() || userInfo().homedir;
}
