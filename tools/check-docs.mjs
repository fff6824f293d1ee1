// Checks what documents say about the tree: node tools/check-docs.mjs [ROOT]
//
// - Relative links of every *.md lead to a file, and their #fragment to a heading of it.
// - The packages in docs/ARCHITECTURE.md are the packages there are.
// - Every sub-command of the command line is written about in README.md or docs/cli.md.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
const problems = [...badLinks(), ...badPackages(), ...missingCommands()];

if (problems.length > 0) {
  for (const problem of problems) console.error(problem);
  console.error(`check-docs: ${problems.length} ${problems.length === 1 ? 'thing is' : 'things are'} wrong`);
  process.exit(1);
}
console.log('check-docs: documents agree with the tree');

function* badLinks() {
  for (const file of markdownBelow(root)) {
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

function* markdownBelow(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (!['node_modules', 'dist', 'build', '.git', '.cache'].includes(entry.name)) yield* markdownBelow(path);
    } else if (entry.name.endsWith('.md')) {
      yield path;
    }
  }
}
