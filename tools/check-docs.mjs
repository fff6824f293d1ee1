// Checks documents and comments against the tree: node tools/check-docs.mjs [ROOT]
//
// - Relative links of every *.md lead to a file, and their #fragment to a heading of it.
// - The packages in docs/ARCHITECTURE.md are the packages there are.
// - README.md or docs/cli.md shows every sub-command of the command line.
// - Source files that documents (except the changelog) name in code marks exist: `recorder.ts`, `chunk/trace-chunk.ts`.
// - Lines of prose in *.md and lines of comments in sources have at most 120 characters. Tables, code (fenced or
//   indented) and lines that a URL makes long are excepted.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
const PROSE_LENGTH_MAX = 120;
const SOURCES = /\.(ts|mjs|cjs|js|c|h|sh)$/;
const GENERATED = ['node_modules', 'dist', 'build', 'bundle', '.git', '.cache'];
const problems = [...badLinks(), ...badPackages(), ...missingCommands(), ...missingSources(), ...longProse()];

if (problems.length > 0) {
  for (const problem of problems) console.error(problem);
  console.error(`check-docs: ${problems.length} ${problems.length === 1 ? 'thing is' : 'things are'} wrong`);
  process.exit(1);
}
console.log('check-docs: documents agree with the tree');

function* badLinks() {
  for (const file of filesBelow(root, /\.md$/)) {
    for (const { target, line } of linksOf(readFileSync(file, 'utf8'))) {
      const [path, fragment] = target.split('#', 2);
      const destination = path === '' ? file : resolve(dirname(file), decodeURIComponent(path));
      const where = `${relative(root, file)}:${line}`;
      if (!existsSync(destination)) yield `${where}: ${target} leads nowhere`;
      else if (fragment && statSync(destination).isFile() && !headingsOf(destination).has(fragment)) {
        yield `${where}: there is no heading #${fragment} in ${relative(root, destination)}`;
      }
    }
  }
}

function* badPackages() {
  const file = join(root, 'docs', 'ARCHITECTURE.md');
  const text = readFileSync(file, 'utf8');
  const start = text.indexOf('\n## Packages');
  const section = text.slice(start, text.indexOf('\n## ', start + 1));
  const mentioned = new Set([...section.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((match) => match[1]));
  const there = new Set(
    readdirSync(join(root, 'packages')).filter((folder) => existsSync(join(root, 'packages', folder, 'package.json'))),
  );
  for (const name of mentioned) if (!there.has(name)) yield `docs/ARCHITECTURE.md: there is no packages/${name}`;
  for (const name of there) if (!mentioned.has(name)) yield `docs/ARCHITECTURE.md: packages/${name} is not mentioned`;
}

function* missingCommands() {
  const text = ['README.md', 'docs/cli.md']
    .filter((file) => existsSync(join(root, file)))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  for (const file of readdirSync(join(root, 'packages', 'cli', 'src', 'commands'))) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    const command = file.slice(0, -'.ts'.length);
    if (!text.includes(`ringtail ${command}`))
      yield `packages/cli/src/commands/${file}: neither README.md nor docs/cli.md shows "ringtail ${command}"`;
  }
}

/** Relative links; fenced code is skipped, since what looks like a link there is code. */
function* linksOf(text) {
  let fenced = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    if (fenced) continue;
    for (const match of line.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)) {
      if (!/^[a-z][a-z0-9+.-]*:/i.test(match[1])) yield { target: match[1], line: index + 1 };
    }
  }
}

/** Fragments as GitHub makes them of headings. */
function headingsOf(file) {
  const fragments = new Set();
  for (const match of readFileSync(file, 'utf8').matchAll(/^#{1,6}\s+(.*)$/gm)) {
    fragments.add(
      match[1]
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    );
  }
  return fragments;
}

function* missingSources() {
  const sources = [...filesBelow(root, SOURCES)].map((file) => `/${relative(root, file)}`);
  const exists = (name) =>
    sources.some((path) => path.endsWith(`/${name}`) || path.replace('/src/', '/').endsWith(`/${name}`));
  for (const file of filesBelow(root, /\.md$/)) {
    if (file.endsWith('CHANGELOG.md')) continue;
    for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      for (const [, name] of line.matchAll(/`([\w./-]+\.(?:ts|mjs|c|h))`/g)) {
        if (!exists(name)) yield `${relative(root, file)}:${index + 1}: there is no ${name}`;
      }
    }
  }
}

function* longProse() {
  for (const file of filesBelow(root, /\.(md|ts|mjs|cjs|js|c|h|sh)$/)) {
    const prose = file.endsWith('.md')
      ? proseOf(readFileSync(file, 'utf8'))
      : commentsOf(readFileSync(file, 'utf8'), file);
    for (const { text, line } of prose) {
      if (text.length > PROSE_LENGTH_MAX && !/\bhttps?:\/\/\S{40}/.test(text)) {
        yield `${relative(root, file)}:${line}: ${text.length} characters of prose; the limit is ${PROSE_LENGTH_MAX}`;
      }
    }
  }
}

/** Lines of a Markdown document outside of tables and code. */
function* proseOf(document) {
  let fenced = false;
  let indented = false;
  let previous = '';
  for (const [index, text] of document.split('\n').entries()) {
    if (/^\s*(```|~~~)/.test(text)) fenced = !fenced;
    // Four spaces after an empty line begin code; in a list they continue the item instead.
    indented = /^ {4}/.test(text) && (indented || previous.trim() === '');
    if (!fenced && !indented && !text.startsWith('|')) yield { text, line: index + 1 };
    previous = text;
  }
}

/** Lines of a source with a comment, except tables in comments. */
function* commentsOf(source, file) {
  const comment = file.endsWith('.sh') ? /^\s*#/ : /^\s*(\/\/|\/\*|\*)|\s\/\/ [^'"`]*$/;
  for (const [index, text] of source.split('\n').entries()) {
    if (comment.test(text) && !/^\s*(\*|\/\/) *\|/.test(text)) yield { text, line: index + 1 };
  }
}

function* filesBelow(directory, pattern) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (!GENERATED.includes(entry.name)) yield* filesBelow(path, pattern);
    } else if (pattern.test(entry.name)) {
      yield path;
    }
  }
}
