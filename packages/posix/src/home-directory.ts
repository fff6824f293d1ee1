import { homedir } from 'node:os';

/** What `LTTNG_HOME` is to LTTng: where traces, saved sessions and the current session's name go. */
export function homeDirectory(env: Readonly<Record<string, string | undefined>>): string {
  return env.RINGTAIL_HOME ?? homedir();
}
