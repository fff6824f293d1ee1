/**
 * Command lines that are given to `lttng` and to `ringtail` on equal sessions. `OUT` in a word is a directory of each tool's
 * own, `PID` a number of a process.
 */
export interface Row {
  /** The command that the row is about. */
  readonly command: string;
  /** What is done before, with both. */
  readonly setUp?: readonly string[];
  /** The words of the command line, as a shell would split them. */
  readonly words: string;
  /** Ringtail's exit code, and lttng's where it is another one, which needs a reason. */
  readonly exitCode: number;
  readonly lttng?: number;
  readonly reason?: string;
  /** Why what is listed afterwards is not compared, or differs. */
  readonly notCompared?: string;
}

export const SESSION = 'create s -o OUT/s';
export const CHANNEL = 'enable-channel -u c';
export const EVENTS = 'enable-event -u -c c p:*';
export const STARTED = [SESSION, CHANNEL, EVENTS, 'start'];
export const SNAPSHOT = 'create s --snapshot -o OUT/s';
