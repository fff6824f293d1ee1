import { basename } from 'node:path';

/** Ringtail's own programs, which are not traced. */
const OWN_SCRIPT =
  /\/(?:ringtail(?:-sessiond)?(?:\.mjs)?|(?:sessiond|consumerd)\/dist\/main\.js|sessiond\/dist\/helpers\/helper-main\.js|bundle\/(?:ringtail-\w+|job-process|helper-main)\.js)$/;
/** Options whose value is a module that is loaded before the script. */
const PRELOADS = /^(?:-r|--require|--import|--loader|--experimental-loader)$/;
/** Options with which Node.js runs no program. */
const RUNS_NOTHING = /^(?:-v|--version|-h|--help|-c|--check|--v8-options|--completion-bash)$/;

/**
 * Name of the program in a command line of Node.js: the script's without its directory, or `node`. Undefined for other
 * commands and for Ringtail's own programs. No arguments, since they may be secrets.
 */
export function nodeProgramName([command = '', ...words]: readonly string[]): string | undefined {
  if (!/^node(?:js)?$/.test(basename(command)) || words.some((word, idx) => runsNothing(word, words, idx)))
    return undefined;
  const script = scriptOf(words);
  if (script === undefined) return 'node';
  return OWN_SCRIPT.test(script) ? undefined : basename(script);
}

/** Only options before the script are options of Node.js. */
function runsNothing(word: string, words: readonly string[], idx: number): boolean {
  return RUNS_NOTHING.test(word) && words.slice(0, idx).every((before) => before.startsWith('-'));
}

/** The first word that is a script, among options of Node.js with and without values. */
export function scriptOf(all: readonly string[]): string | undefined {
  const words = all.filter((_, idx) => !PRELOADS.test(all[idx - 1] ?? ''));
  return (
    words.find((word) => /\.[cm]?[jt]sx?$/.test(word) && !word.startsWith('-') && !word.includes(':')) ??
    words.find((word) => word.startsWith('/'))
  );
}
