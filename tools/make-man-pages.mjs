// Writes the manual pages, with the texts of --help: node tools/make-man-pages.mjs [--check] [DIR]
//
// The commands and their options come from the description of the command line, the session daemon's options from its
// option table, exit codes and environment variables from the tables of docs/cli.md. DIR is packages/cli/man by
// default, and then the package's package.json lists the pages. With --check it writes nothing, and fails if a page or
// the list is not up to date.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RINGTAIL_VERSION } from '../packages/base/dist/index.js';
import { describeProgram } from '../packages/cli/dist/index.js';
import { helpText, OPTIONS } from '../packages/sessiond/dist/startup/option-table.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const isCheck = words.includes('--check');
const named = words.find((word) => word !== '--check');
const directory = named ?? join(root, 'packages', 'cli', 'man');
const isPage = (name) => /\.[18]$/.test(name);

/** Characters with a meaning in roff. */
const SPECIAL = { '\\': '\\e', '-': '\\-', "'": '\\[aq]', '`': '\\[ga]', '"': '\\[dq]', '^': '\\[ha]', '~': '\\[ti]' };
/** Titles of manual pages for headings of the help. */
const TITLES = { 'Exit codes': 'EXIT STATUS', Example: 'EXAMPLES' };

const pages = await allPages();
const there = existsSync(directory) ? readdirSync(directory).filter(isPage) : [];
const manifest = named === undefined ? join(root, 'packages', 'cli', 'package.json') : undefined;
const excess = there.filter((name) => !pages.has(name));
if (isCheck) {
  const stale = [...pages]
    .filter(([name, text]) => !there.includes(name) || textOf(name) !== text)
    .map(([name]) => name);
  if (manifest !== undefined && readFileSync(manifest, 'utf8') !== listedIn(manifest)) stale.push('../package.json');
  for (const name of [...stale, ...excess]) console.error(`${relative(root, join(directory, name))} is not up to date`);
  if (stale.length + excess.length > 0) {
    console.error('make-man-pages: node tools/make-man-pages.mjs writes them again');
    process.exit(1);
  }
  console.log(`make-man-pages: ${pages.size} manual pages are up to date`);
} else {
  mkdirSync(directory, { recursive: true });
  for (const name of excess) rmSync(join(directory, name));
  for (const [name, text] of pages) writeFileSync(join(directory, name), text);
  if (manifest !== undefined) writeFileSync(manifest, listedIn(manifest));
  console.log(`make-man-pages: ${pages.size} manual pages in ${directory}`);
}

function textOf(name) {
  return readFileSync(join(directory, name), 'utf8');
}

/** Text of a package.json with the list of the pages: npm installs no directory of pages. */
function listedIn(file) {
  const man = [...pages.keys()].sort().map((name) => `./man/${name}`);
  return `${JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), man }, null, 2)}\n`;
}

/** Texts by file name. */
async function allPages() {
  const stream = { columns: 100, write: () => {} };
  const world = { env: {}, uid: 0, gids: [], cwd: '/', now: () => new Date(0), stdout: stream, stderr: stream };
  const program = await describeProgram(world);
  const help = program.createHelp();
  const commands = help.visibleCommands(program);
  return new Map([
    ['ringtail.1', programPage(program, help, commands)],
    ...commands.map((command) => [`ringtail-${command.name()}.1`, commandPage(command, help)]),
    ['ringtail-sessiond.8', daemonPage()],
  ]);
}

function programPage(program, help, commands) {
  return page('ringtail', 1, 'trace Node.js programs', [
    section('SYNOPSIS', [`.B ringtail\n${text(program.usage())}`]),
    section('DESCRIPTION', [
      text(program.description()),
      text('LTTng users find the commands and options of lttng(1).'),
    ]),
    section('GENERAL OPTIONS', [optionList(program, help)]),
    section(
      'COMMANDS',
      commands.map((command) =>
        entry(`\\fBringtail\\-${text(command.name())}\\fR(1)`, help.subcommandDescription(command)),
      ),
    ),
    ...explanations(helpTextAfter(program)),
    section(
      'EXIT STATUS',
      tableOf('| exit code | means |').map(([code, meaning]) => entry(text(code), meaning)),
    ),
    section(
      'ENVIRONMENT',
      tableOf('| variable | |').map(([name, meaning]) => entry(`\\fB${text(name)}\\fR`, meaning)),
    ),
    seeAlso('ringtail-sessiond(8), babeltrace2(1), lttng(1)'),
  ]);
}

function commandPage(command, help) {
  const name = `ringtail-${command.name()}`;
  const usage = help.commandUsage(command).replace(/^ringtail \S+ ?/, '');
  const described = command.registeredArguments.filter(({ description }) => description !== '');
  return page(name, 1, command.description(), [
    section('SYNOPSIS', [`.B ringtail ${text(command.name())}\n${text(usage)}`]),
    section('DESCRIPTION', [text(sentence(command.description()))]),
    section(
      'ARGUMENTS',
      described.map((argument) => entry(`\\fI${text(argument.name())}\\fR`, help.argumentDescription(argument))),
    ),
    section('OPTIONS', [optionList(command, help)]),
    ...explanations(helpTextAfter(command)),
    section('EXIT STATUS', [text('As described in ringtail(1).')]),
    seeAlso('ringtail(1)'),
  ]);
}

function daemonPage() {
  const [head, , ...rest] = helpText().trimEnd().split('\n\n');
  const [usage, ...description] = head.split('\n');
  const options = Object.entries(OPTIONS).filter(([, { help }]) => help !== undefined);
  return page('ringtail-sessiond', 8, 'the session daemon of ringtail', [
    section('SYNOPSIS', [`.B ringtail\\-sessiond\n${text(usage.replace(/^Usage: \S+ /, ''))}`]),
    section('DESCRIPTION', [text(description.join(' '))]),
    section(
      'OPTIONS',
      options.map(([name, { short, argument, help }]) => {
        const flags = [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
        return entry(flagTerm(flags.join(', '), argument), help);
      }),
    ),
    ...explanations(rest.join('\n\n')),
    seeAlso('ringtail(1), ringtail-create(1)'),
  ]);
}

function page(name, number, short, sections) {
  const head = [
    '.\\" Written by tools/make-man-pages.mjs.',
    `.TH "${text(name.toUpperCase())}" ${number} "" "Ringtail ${text(RINGTAIL_VERSION)}" "Ringtail manual"`,
    // Options and paths stay whole.
    '.nh\n.ad l',
    section('NAME', [`${text(name)} \\- ${text(short)}`]),
  ];
  return `${[...head, ...sections.filter((one) => one !== '')].join('\n')}\n`;
}

/** A section; nothing if all parts are empty. */
function section(title, parts) {
  const said = parts.filter((part) => part !== '');
  return said.length === 0 ? '' : `.SH ${title}\n${said.join('\n.PP\n').replaceAll('\n.PP\n.TP\n', '\n.TP\n')}`;
}

function entry(term, description) {
  return `.TP\n${term}\n${text(description)}`;
}

function optionList(command, help) {
  const terms = help.visibleOptions(command).map((option) => {
    const [flags, argument] = /^(.*?)(?: ([<[].*))?$/.exec(help.optionTerm(option)).slice(1);
    return entry(flagTerm(flags, argument), help.optionDescription(option));
  });
  return terms.join('\n');
}

function flagTerm(flags, argument) {
  const name = argument === undefined ? '' : ` \\fI${text(argument.replace(/^<(.*)>$/, '$1'))}\\fR`;
  return `${flags
    .split(', ')
    .map((flag) => `\\fB${text(flag)}\\fR`)
    .join(', ')}${name}`;
}

function seeAlso(names) {
  return section('SEE ALSO', [
    names.replace(/([a-z0-9-]+)(\(\d\))/g, (_, name, number) => `\\fB${text(name)}\\fR${number}`),
  ]);
}

function helpTextAfter(command) {
  let written = '';
  command.emit('afterHelp', { error: false, command, write: (part) => (written += part) });
  return written;
}

/** Sections of the help's text behind the options: `Examples:` begins one, indented lines are kept as they are. */
function explanations(written) {
  const sections = [{ title: 'NOTES', parts: [] }];
  const paragraphs = written.trim().split(/\n{2,}/);
  for (const lines of paragraphs.flatMap((paragraph) => alike(paragraph.split('\n')))) {
    if (lines[0].startsWith(' ')) {
      sections.at(-1).parts.push(literal(lines));
      continue;
    }
    const said = lines.join(' ');
    const heading = /^([A-Z][A-Za-z ]*):$/.exec(said) ?? /^(Exit codes): (.*)$/.exec(said);
    if (heading === null) sections.at(-1).parts.push(text(said));
    else sections.push({ title: TITLES[heading[1]] ?? heading[1].toUpperCase(), parts: [text(heading[2] ?? '')] });
  }
  return sections.map(({ title, parts }) => section(title, parts));
}

function literal(lines) {
  return `.RS 4\n.nf\n${lines.map((line) => text(line.replace(/^ {2}/, ''))).join('\n')}\n.fi\n.RE`;
}

/** Groups neighbouring lines that are all indented, or all not. */
function alike(lines) {
  const groups = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last !== undefined && last[0].startsWith(' ') === line.startsWith(' ')) last.push(line);
    else groups.push([line]);
  }
  return groups;
}

/** Cells of the rows of a table in docs/cli.md, without the marks of code and links. */
function tableOf(head) {
  const lines = readFileSync(join(root, 'docs', 'cli.md'), 'utf8').split('\n');
  const start = lines.indexOf(head);
  if (start < 0) throw new Error(`docs/cli.md has no table with the head ${head}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) =>
        cell
          .trim()
          .replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
          .replaceAll('`', '')
          .replaceAll('\\|', '|'),
      ),
  );
}

function sentence(words) {
  return `${words[0].toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? '' : '.'}`;
}

/** Escapes a text, so that roff finds no commands in it. */
function text(plain) {
  const escaped = plain.replace(/[\\\-'`"^~]|\P{ASCII}/gu, (character) => {
    return SPECIAL[character] ?? `\\[u${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`;
  });
  return escaped.startsWith('.') ? `\\&${escaped}` : escaped;
}
