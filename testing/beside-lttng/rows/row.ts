/**
 * Command lines that are given to `lttng` and to `ringtail` on equal sessions. `OUT` in a word is a directory of each
 * tool's own, `PID` a number of a process.
 */
export interface Row {
  /** The tested command. */
  readonly command: string;
  /** Set-up commands for both tools. */
  readonly setUp?: readonly string[];
  /** The words of the command line, as a shell would split them. */
  readonly words: string;
  /** Ringtail's exit code. A different exit code of lttng needs a reason. */
  readonly exitCode: number;
  readonly lttng?: number;
  readonly reason?: string;
  /** Why the listing is not compared, or differs. */
  readonly notCompared?: string;
}

export const SESSION = 'create s -o OUT/s';
export const CHANNEL = 'enable-channel -u c';
export const EVENTS = 'enable-event -u -c c p:*';
export const STARTED = [SESSION, CHANNEL, EVENTS, 'start'];
export const SNAPSHOT = 'create s --snapshot -o OUT/s';
