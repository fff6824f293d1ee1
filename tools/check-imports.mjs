// Checks that imports go downwards only: node tools/check-imports.mjs [ROOT]
//
// - A package imports only the siblings that ORDER gives it, and other people's packages that its package.json names.
// - Siblings are imported by name, through an entry of their `exports` (index, internal, …), never by path.
// - Relative imports stay inside their package; examples use what is public, thus no `internal`.
// - No file of a package imports itself through others: type imports and dynamic imports count as well.
// - No folder in a package's `src` imports itself through other folders there. Tests may.
// - A sibling behind a face is imported by the folder that implements the face, and by tests.
// - Pure sources run in a browser: they import nothing of Node.js, and of siblings only pure sources.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Which siblings each package may import, by folder. docs/ARCHITECTURE.md shows the same table. */
const ORDER = {
  base: [],
  posix: ['base'],
  ctf: ['base'],
  kernel: ['base', 'ctf'],
  ringbuf: ['base', 'posix'],
  protocol: ['base'],
  tracer: ['base', 'posix', 'ctf', 'ringbuf', 'protocol'],
  instrument: ['tracer'],
  consumerd: ['base', 'posix', 'ctf', 'kernel', 'ringbuf', 'protocol'],
  sessiond: ['base', 'posix', 'ctf', 'kernel', 'ringbuf', 'protocol', 'session-file'],
  'session-file': ['base', 'ctf', 'protocol'],
  ctl: ['base', 'posix', 'protocol', 'session-file'],
  reader: ['base', 'posix', 'ctf'],
  analyses: ['base', 'ctf', 'reader'],
  cli: ['base', 'posix', 'ctf', 'protocol', 'session-file', 'ctl', 'reader', 'analyses', 'consumerd'],
  'clock-linux-x64': [],
};

/** Siblings behind a face: the only folder of a package's `src` that imports them. */
const BEHIND_FACES = { consumerd: { ringbuf: 'source/ring/' } };

/** Packages of pure sources, and the folders and files in their `src` that are not pure. */
const PURE = {
  base: ['files/', 'node.ts'],
  ctf: [],
  reader: ['files/', 'index.ts'],
  analyses: [],
};

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));
const problems = [];
const rootManifest = readJson(join(root, 'package.json'));
const packages = readPackages();

for (const folder of packages.keys()) {
  if (!(folder in ORDER)) problems.push(`packages/${folder}: not in the list of tools/check-imports.mjs`);
}
for (const [folder, manifest] of packages) {
  const directory = join(root, 'packages', folder);
  checkTree(directory, folder, manifest);
  const imports = relativeImportsIn(directory);
  if (!reportCycles(imports)) reportCycles(importsOfFolders(join(directory, 'src'), imports));
}
for (const example of foldersIn(join(root, 'examples'))) {
  checkTree(join(root, 'examples', example), null, readJson(join(root, 'examples', example, 'package.json')));
}

if (problems.length > 0) {
  for (const problem of problems) console.error(problem);
  console.error(
    `check-imports: ${problems.length} ${problems.length === 1 ? 'import goes' : 'imports go'} where it may not`,
  );
  process.exit(1);
}
console.log('check-imports: all imports go downwards');

/** Checks every source below `directory`; `folder` is the package's, null outside of `packages`. */
function checkTree(directory, folder, manifest) {
  for (const file of sourcesBelow(directory)) {
    for (const { specifier, line } of importsOf(readFileSync(file, 'utf8'))) {
      const problem =
        judge(specifier, file, directory, folder, manifest) ?? judgePurity(specifier, file, directory, folder);
      if (problem !== null) problems.push(`${relative(root, file)}:${line}: ${problem}`);
    }
  }
}

/**
 * Reports one cycle of each group of files or folders that reach each other: the shortest through the first one.
 *
 * @returns whether there is a cycle
 */
function reportCycles(imports) {
  const reported = new Set();
  for (const file of imports.keys()) {
    if (reported.has(file)) continue;
    const cycle = shortestCycle(file, imports);
    if (cycle === undefined) continue;
    for (const member of reachableFrom(file, imports)) {
      if (reachableFrom(member, imports).has(file)) reported.add(member);
    }
    problems.push(`import cycle: ${cycle.map((member) => relative(root, member)).join(' -> ')}`);
  }
  return reported.size > 0;
}

/** The files that each source below `directory` imports by a relative path. */
function relativeImportsIn(directory) {
  const files = new Set(sourcesBelow(directory));
  const targetsOf = (file) =>
    importsOf(readFileSync(file, 'utf8'))
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => resolve(dirname(file), specifier))
      .filter((target) => files.has(target));
  return new Map([...files].map((file) => [file, targetsOf(file)]));
}

/** The folders, and files beside them, that each folder in `source` imports. Tests and their support do not count. */
function importsOfFolders(source, imports) {
  const placeOf = (file) => join(source, relative(source, file).split(sep)[0]);
  const isCounted = (file) => file.startsWith(source + sep) && !isTest(file);
  const folders = new Map();
  for (const [file, targets] of imports) {
    if (!isCounted(file)) continue;
    const place = placeOf(file);
    const known = folders.get(place) ?? [];
    folders.set(place, [
      ...known,
      ...targets
        .filter(isCounted)
        .map(placeOf)
        .filter((target) => target !== place),
    ]);
  }
  return folders;
}

/** The shortest way from a file back to itself, both ends included; undefined where there is none. */
function shortestCycle(file, imports) {
  const cameFrom = new Map();
  const queue = [file];
  for (const member of queue) {
    for (const target of imports.get(member)) {
      if (target === file) return [...wayTo(member, cameFrom), file];
      if (cameFrom.has(target)) continue;
      cameFrom.set(target, member);
      queue.push(target);
    }
  }
  return undefined;
}

function wayTo(file, cameFrom) {
  const way = [file];
  while (cameFrom.has(way[0])) way.unshift(cameFrom.get(way[0]));
  return way;
}

function reachableFrom(file, imports) {
  const reached = new Set(imports.get(file));
  for (const member of reached) for (const target of imports.get(member)) reached.add(target);
  return reached;
}

function judge(specifier, file, directory, folder, manifest) {
  if (specifier.startsWith('.')) {
    const target = resolve(dirname(file), specifier);
    return target.startsWith(directory + sep) ? null : `${specifier} leaves the package; import it by name`;
  }
  if (specifier.startsWith('node:')) return null;
  if (builtinModules.includes(specifier)) return `write node:${specifier}`;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const sibling = [...packages].find(([, other]) => other.name === name);
  if (sibling === undefined) {
    const known = dependenciesOf(manifest).has(name) || (isTest(file) && dependenciesOf(rootManifest).has(name));
    return known ? null : `${name} is not a dependency in ${relative(root, join(directory, 'package.json'))}`;
  }
  return judgeFace(file, directory, folder, sibling[0]) ?? judgeSibling(specifier, name, sibling, folder, manifest);
}

function judgeFace(file, directory, folder, siblingFolder) {
  const implementation = BEHIND_FACES[folder]?.[siblingFolder];
  if (implementation === undefined || isTest(file)) return null;
  const isInside = file.startsWith(join(directory, 'src', implementation));
  return isInside ? null : `${folder} imports ${siblingFolder} in ${implementation} only`;
}

function judgeSibling(specifier, name, [siblingFolder, siblingManifest], folder, manifest) {
  const entry = `.${specifier.slice(name.length)}`;
  if (!(entry in (siblingManifest.exports ?? { '.': '' }))) return `${specifier} is not an entry of ${name}`;
  if (folder === null && entry === './internal') return `${specifier} is for sibling packages only`;
  if (folder !== null && !(ORDER[folder] ?? []).includes(siblingFolder)) {
    return `${folder} may not import ${siblingFolder} (it may: ${(ORDER[folder] ?? []).join(', ') || 'nothing'})`;
  }
  return dependenciesOf(manifest).has(name) ? null : `${name} is not a dependency in the package.json`;
}

function judgePurity(specifier, file, directory, folder) {
  const source = join(directory, 'src');
  if (!(folder in PURE) || isTest(file) || !file.startsWith(source + sep) || !isPure(folder, relative(source, file))) {
    return null;
  }
  if (specifier.startsWith('.')) {
    const target = relative(source, resolve(dirname(file), specifier));
    return isPure(folder, target) ? null : `a pure source may not import ${target}`;
  }
  const [, siblingFolder, entry = 'index'] =
    [...packages].map(([other, { name }]) => [name, other, entryOf(specifier, name)]).find(([, , found]) => found) ??
    [];
  if (siblingFolder === undefined || !(siblingFolder in PURE)) return `a pure source may not import ${specifier}`;
  const isPureEntry = isPure(siblingFolder, `${entry}.ts`) && isPure(siblingFolder, `${entry}/`);
  return isPureEntry ? null : `a pure source may not import ${specifier}`;
}

/** Whether a source of a package is pure. @param path relative to `src` */
function isPure(folder, path) {
  return !PURE[folder].some((part) => path.startsWith(part));
}

/** The entry of a package that a specifier names; undefined if it names another package. */
function entryOf(specifier, name) {
  if (specifier === name) return 'index';
  return specifier.startsWith(`${name}/`) ? specifier.slice(name.length + 1) : undefined;
}

function dependenciesOf(manifest) {
  return new Set(
    [manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies, manifest.devDependencies].flatMap(
      (group) => Object.keys(group ?? {}),
    ),
  );
}

/** Module specifiers of static, re-exporting and dynamic imports, with their lines. */
function importsOf(text) {
  const patterns = [
    /^[ \t]*(?:import|export)\b[^;'"`]*?\bfrom\s*['"]([^'"\n]+)['"]/gm,
    /^[ \t]*import\s*['"]([^'"\n]+)['"]/gm,
    /^(?![ \t]*(?:\*|\/\/)).*?\bimport\(\s*['"]([^'"\n]+)['"]/gm,
  ];
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      specifier: match[1],
      line: text.slice(0, match.index + match[0].length).split('\n').length,
    })),
  );
}

function readPackages() {
  return new Map(
    foldersIn(join(root, 'packages')).map((folder) => [
      folder,
      readJson(join(root, 'packages', folder, 'package.json')),
    ]),
  );
}

function foldersIn(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(directory, entry.name, 'package.json')))
    .map((entry) => entry.name);
}

function* sourcesBelow(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (!['node_modules', 'dist', 'build'].includes(entry.name)) yield* sourcesBelow(path);
    } else if (/\.(ts|tsx|mts|mjs|js|cjs)$/.test(entry.name)) {
      yield path;
    }
  }
}

function isTest(file) {
  return /\.test\.(support\.)?ts$/.test(file);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
