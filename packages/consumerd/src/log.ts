/** Tells whoever runs the daemon of one event, in plain words. */
export type Log = (sentence: string) => void;

/** One line per event on the standard error, which the session daemon collects. */
export function stderrLog(name: string): Log {
  return (sentence) => {
    // Names in a sentence come from applications: they must not be able to write lines of their own.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced.
    const line = sentence.replace(/[\u0000-\u001f\u007f]/g, ' ');
    process.stderr.write(`${new Date().toISOString()} ${name}[${process.pid}]: ${line}\n`);
  };
}
