// The tools that run tests of the suite with more inputs (soak, attack, fuzz) share their command line and the run of
// the tests.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/**
 * Reads the command line of a tool: options with a number, and the names of its parts. Ends the process if anything
 * else is given.
 *
 * @param tool its name, for error messages
 * @returns `numbers` by option, undefined where it is absent, and the `parts` that are named
 */
export function readCommandLine(tool, { options, parts = [] }) {
  const { values, positionals } = parse(tool, options, parts.length > 0);
  const unknown = positionals.find((name) => !parts.includes(name));
  if (unknown !== undefined) refuse(tool, `there is no part ${unknown}; the parts are ${parts.join(', ')}`);
  const numbers = Object.fromEntries(options.map((name) => [name, numberOf(tool, name, values[name])]));
  return { numbers, parts: positionals };
}

/** Runs the tests of a file or folder with these environment variables. @returns whether all passed */
export function runTests(path, variables) {
  const texts = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
  const options = { cwd: root, env: { ...process.env, ...texts }, stdio: 'inherit' };
  return spawnSync(process.execPath, [vitest, 'run', path], options).status === 0;
}

/** Ends the process with a message. */
export function refuse(tool, message) {
  console.error(`${tool}: ${message}`);
  process.exit(2);
}

function parse(tool, names, allowPositionals) {
  try {
    return parseArgs({
      options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
      allowPositionals,
    });
  } catch (error) {
    return refuse(tool, error.message);
  }
}

/** A whole number, except that minutes may have a fraction. */
function numberOf(tool, name, text) {
  if (text === undefined) return undefined;
  const isMinutes = name === 'minutes';
  if ((isMinutes ? /^\d+(\.\d+)?$/ : /^\d+$/).test(text)) return Number(text);
  return refuse(tool, `--${name} is a ${isMinutes ? '' : 'whole '}number, not ${text}`);
}
