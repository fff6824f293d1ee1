import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { PackageFinder } from '@ringtail/base/files';
import { scriptOf } from '@ringtail/posix';

/** Commands that run a script of JavaScript or TypeScript. */
const SCRIPT_RUNNER = /^(?:node|nodejs|tsx|ts-node|ts-node-esm|vite-node|nodemon)$/;
/** Commands that run a script of a `package.json`, or the command of a package. */
const PACKAGE_RUNNER = /^(?:npm|pnpm|yarn)$/;
/** Words after which a package runner runs a command. */
const RUNS_COMMAND = /^(?:exec|x|dlx)$/;
/** Scripts that Node.js and bundlers call so in every package. */
const UNSPECIFIC = /^(?:index|main)$/;
const EXTENSION = /\.[cm]?[jt]sx?$/;
/** Leaves room for the time in the name of a directory. */
const NAME_LENGTH_MAX = 100;

/**
 * Name of a command's trace: its script without the extension, or its package, or else the command.
 *
 * @param words the command as the user wrote it
 * @param cwd working directory; null if it was removed
 */
export function traceNameOf(words: readonly [string, ...string[]], cwd: string | null): string {
  const name = programOf(words, cwd);
  return (
    name
      .replace(/[^\w.-]+/g, '_')
      .replace(/^[.-]+/, '')
      .slice(0, NAME_LENGTH_MAX) || 'command'
  );
}

function programOf([command = '', ...args]: readonly string[], cwd: string | null): string {
  const name = basename(command);
  if (SCRIPT_RUNNER.test(name)) return scriptName(args, cwd) ?? packageName(cwd) ?? name;
  const inner = commandIn(name, args);
  if (inner.length > 0) return programOf(inner, cwd);
  if (PACKAGE_RUNNER.test(name)) return packageName(cwd) ?? name;
  return name.replace(EXTENSION, '');
}

/** The command that a package runner runs: `tsx app.ts` in `npx --yes tsx app.ts`. Empty for other commands. */
function commandIn(runner: string, args: readonly string[]): readonly string[] {
  const isNpx = /^p?npx$/.test(runner);
  const verb = args.findIndex((word) => !word.startsWith('-'));
  if (!isNpx && !(PACKAGE_RUNNER.test(runner) && RUNS_COMMAND.test(args[verb] ?? ''))) return [];
  const rest = isNpx ? args : args.slice(verb + 1);
  const at = rest.findIndex((word, idx) => !word.startsWith('-') && !/^(?:-p|--package)$/.test(rest[idx - 1] ?? ''));
  if (at < 0) return [];
  // A package may have a version: `tsx@4`.
  return [(rest[at] as string).replace(/(?<=.)@[^@/]*$/, ''), ...rest.slice(at + 1)];
}

function scriptName(args: readonly string[], cwd: string | null): string | undefined {
  const script = scriptOf(args) ?? args.find((word) => isPath(word, cwd));
  if (script === undefined) return undefined;
  const path = resolve(cwd ?? '/', script);
  const name = basename(path).replace(EXTENSION, '');
  return (UNSPECIFIC.test(name) || basename(path) === name ? packageName(path) : undefined) ?? name;
}

/** Whether a word is a script without an extension, or a package: `node .` */
function isPath(word: string, cwd: string | null): boolean {
  return !word.startsWith('-') && cwd !== null && existsSync(resolve(cwd, word));
}

/** Name of the nearest package without its scope. */
function packageName(path: string | null): string | undefined {
  const found = path === null ? undefined : new PackageFinder().nearest(path);
  return found && basename(found.name);
}
