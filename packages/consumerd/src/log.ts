import { visibleLine } from '@ringtail/base/text';

/** Reports one event to the person who runs the daemon. */
export type Log = (sentence: string) => void;

/** Writes a line for each event to the standard error, which the session daemon collects. */
export function stderrLog(name: string): Log {
  return (sentence) => {
    // Names in a sentence come from applications, which must not be able to write lines of their own.
    process.stderr.write(`${new Date().toISOString()} ${name}[${process.pid}]: ${visibleLine(sentence)}\n`);
  };
}
