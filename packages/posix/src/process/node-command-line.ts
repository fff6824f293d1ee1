import { basename } from 'node:path';

/** Our own programs run in Node.js as well, and nobody wants them traced. */
const OWN_SCRIPT =
  /\/(?:ringtail(?:-sessiond)?(?:\.mjs)?|(?:sessiond|consumerd)\/dist\/main\.js|sessiond\/dist\/places\/place-helper\.js|bundle\/(?:ringtail-\w+|job-process|place-helper)\.js)$/;
/** With these Node.js says something of itself, or of a program, and runs none. */
const RUNS_NOTHING = /^(?:-v|--version|-h|--help|-c|--check|--v8-options|--completion-bash)$/;

/**
 * Name of the program that a command line has Node.js run: the script's without its directory, or `node`; undefined where
 * it is another command, or one of ours. Arguments may be secrets.
 */
export function nodeProgramName([command = '', ...words]: readonly string[]): string | undefined {
  if (!/^node(?:js)?$/.test(basename(command)) || words.some((word, idx) => runsNothing(word, words, idx)))
    return undefined;
  const script = scriptOf(words);
  if (script === undefined) return 'node';
  return OWN_SCRIPT.test(script) ? undefined : basename(script);
}

/** Only options of Node.js itself count, which stand before the script. */
function runsNothing(word: string, words: readonly string[], idx: number): boolean {
  return RUNS_NOTHING.test(word) && words.slice(0, idx).every((before) => before.startsWith('-'));
}

/** The first word that is a script, among options with and without values. */
function scriptOf(words: readonly string[]): string | undefined {
  return (
    words.find((word) => /\.[cm]?[jt]sx?$/.test(word) && !word.startsWith('-') && !word.includes(':')) ??
    words.find((word) => word.startsWith('/'))
  );
}
