import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeScript } from './scripts.mjs';

const XML_TOOLS = ['extract_xml', 'pretty_xml', 'validate_xml'];

/**
 * Copies the scripts of a checkout, with emptied functions in place of functions that need a relay daemon.
 *
 * @param {string} checkout
 * @param {string} tree a new directory
 * @param {readonly import('./tests.mjs').Test[]} tests
 */
export function layOut(checkout, tree, tests) {
  cpSync(join(checkout, 'tests'), join(tree, 'tests'), { recursive: true });
  mkdirSync(join(tree, 'src', 'common', 'config'), { recursive: true });
  for (const folder of ['common', 'common/config']) copySchemas(checkout, tree, join('src', folder));
  buildXmlTools(checkout, tree);
  writeScript(join(commandsOf(tree), 'babeltrace'), 'exec babeltrace2 "$@"');
  for (const { name, leftOut } of tests) leaveOut(join(tree, 'tests', 'regression', name), leftOut ?? []);
  leaveOut(join(tree, 'tests', 'utils', 'utils.sh'), ['start_lttng_relayd', 'stop_lttng_relayd']);
}

/** The directory of commands that the scripts call by name. */
export function commandsOf(tree) {
  return join(tree, 'bin');
}

function copySchemas(checkout, tree, folder) {
  const from = join(checkout, folder);
  for (const file of readdirSync(from)) if (file.endsWith('.xsd')) cpSync(join(from, file), join(tree, folder, file));
}

/** Builds the scripts' own programs for XML from the checkout, outside of the project. They need no LTTng. */
function buildXmlTools(checkout, tree) {
  const includes = ['-Iinclude', '-Isrc', '-I/usr/include/libxml2'];
  for (const tool of XML_TOOLS) {
    const target = join(tree, 'tests', 'utils', 'xml-utils', tool);
    const words = ['-D_GNU_SOURCE', ...includes, `tests/utils/xml-utils/${tool}.c`, '-o', target, '-lxml2'];
    const { status, stderr } = spawnSync('cc', words, { cwd: checkout, encoding: 'utf8' });
    if (status !== 0) throw new Error(`cannot build ${tool} (libxml2-dev and a C compiler are needed):\n${stderr}`);
  }
}

/**
 * Empties functions of a script, so that they check nothing.
 *
 * @throws if the script has no such function, since the version is then wrong
 */
function leaveOut(script, functions) {
  if (functions.length === 0) return;
  if (!existsSync(script)) throw new Error(`no ${script}`);
  let text = readFileSync(script, 'utf8');
  for (const name of functions) {
    const definition = new RegExp(`^(function )?${name} *\\(\\)`, 'm');
    if (!definition.test(text)) throw new Error(`${basename(script)} has no function ${name}`);
    text = text.replace(definition, `${name}() { :; }\nfunction ${name}_left_out ()`);
  }
  writeFileSync(script, text);
}
