import { visibleLine } from '@ringtail/base/text';

/** Tells whoever runs the daemon of one event, in plain words. */
export type Log = (sentence: string) => void;

/** One line per event on the standard error, which the session daemon collects. */
export function stderrLog(name: string): Log {
  return (sentence) => {
    // Names in a sentence come from applications: they must not be able to write lines of their own.
    process.stderr.write(`${new Date().toISOString()} ${name}[${process.pid}]: ${visibleLine(sentence)}\n`);
  };
}
