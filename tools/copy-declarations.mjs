import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceFile } from './replace-file.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = join(root, 'packages');
/** Statements `import type { A, type B as C } from 'x';` and the same of `export`, as the compiler writes them. */
const NAMED = /^(import|export)( type)? \{([^}]*)\} from ['"]([^'"\n]+)['"];/gm;
/** Import types `import('x').A`. */
const TYPES = /\bimport\(['"]([^'"\n]+)['"]\)\.(\w+)/;
/** Both, and all other imports and exports. */
const IMPORTS = new RegExp(`${NAMED.source}|${TYPES.source}|(\\bfrom |^import )['"]([^'"\\n]+)['"]`, 'gm');

/**
 * Copies the declarations that `entries` reach into a folder, so that a package's types need no sibling package: the
 * file `packages/base/dist/brand.d.ts` becomes `base/brand.d.ts`, and imports from siblings become imports of the files
 * with the imported names.
 *
 * @param entries paths of declaration files below packages/NAME/dist
 * @throws if a declaration needs another package: the types of a published package name only Node.js
 */
export function copyDeclarations(entries, folder) {
  const pending = entries.map((entry) => resolve(root, entry));
  const copied = new Set();
  for (const file of pending) {
    if (copied.has(file)) continue;
    copied.add(file);
    const target = join(folder, placeOf(file));
    const specifierOf = (imported) => {
      pending.push(imported);
      return relativeSpecifier(target, join(folder, placeOf(imported)));
    };
    mkdirSync(dirname(target), { recursive: true });
    replaceFile(target, `${rewritten(file, specifierOf).trimEnd()}\n`);
  }
  removeOthers(folder, new Set([...copied].map((file) => join(folder, placeOf(file)))));
}

/** Text of a declaration file with other specifiers. @param specifierOf the specifier of a declaration file */
function rewritten(file, specifierOf) {
  const text = readFileSync(file, 'utf8').replace(/\n?\/\/# sourceMappingURL=.*/, '');
  return text.replace(IMPORTS, (whole, keyword, type = '', list, named, typed, typeName, before, other) => {
    const specifier = named ?? typed ?? other;
    if (specifier.startsWith('node:')) return whole;
    const imported = declarationOf(specifier, file);
    const home = (name) => homeOf(imported, name) ?? missing(name, specifier, file);
    if (typed !== undefined) return `import('${specifierOf(home(typeName))}').${typeName}`;
    if (other !== undefined) return `${before}'${specifierOf(imported)}'`;
    const homes = new Map();
    for (const { name, text } of bindingsIn(list)) homes.set(home(name), [...(homes.get(home(name)) ?? []), text]);
    return [...homes]
      .map(([file, names]) => `${keyword}${type} { ${names.join(', ')} } from '${specifierOf(file)}';`)
      .join('\n');
  });
}

function missing(name, specifier, file) {
  throw new Error(`${relative(root, file)}: ${specifier} does not export ${name}`);
}

/** Imported or exported names in braces, each with its whole text: `type A as B`. */
function bindingsIn(list) {
  return list
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => ({ text, name: /^(?:type )?(\S+)/.exec(text)[1], exported: /(\S+)$/.exec(text)[1] }));
}

/** The declaration file that declares an exported name of another one; that file itself if it renames. */
function homeOf(file, name) {
  const text = readFileSync(file, 'utf8');
  const isDeclared = new RegExp(
    `^export (?:declare )?(?:abstract )?(?:type|interface|class|const|let|function|enum) ${name}\\b`,
    'm',
  );
  if (isDeclared.test(text)) return file;
  for (const [, , , list, specifier] of text.matchAll(NAMED)) {
    const binding = bindingsIn(list).find(({ exported }) => exported === name);
    if (binding?.name === name) return homeOf(declarationOf(specifier, file), name);
    if (binding !== undefined) return file;
  }
  for (const [, specifier] of text.matchAll(/^export (?:type )?\* from ['"]([^'"]+)['"]/gm)) {
    const found = homeOf(declarationOf(specifier, file), name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Place of a declaration file in the folder of copies. */
function placeOf(file) {
  const [name, , ...path] = relative(packages, file).split(sep);
  return join(name, ...path);
}

/** The declaration file that a specifier names in another one. */
function declarationOf(specifier, file) {
  if (specifier.startsWith('.')) return resolve(dirname(file), specifier.replace(/\.[tj]s$/, '.d.ts'));
  const [, name, entry] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(specifier);
  const types = siblingNamed(name)?.exports[`.${entry}`]?.types;
  if (types === undefined) throw new Error(`${relative(root, file)}: types of ${specifier} cannot be published`);
  return join(packages, name.slice('@ringtail/'.length), types);
}

function siblingNamed(name) {
  const manifest = join(packages, name.replace('@ringtail/', ''), 'package.json');
  return name.startsWith('@ringtail/') && existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : undefined;
}

function relativeSpecifier(from, to) {
  const path = relative(dirname(from), to).replace(/\.d\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}

/** Removes copies of declarations that an earlier build needed. */
function removeOthers(folder, files) {
  for (const entry of readdirSync(folder, { recursive: true })) {
    const path = join(folder, entry);
    if (path.endsWith('.d.ts') && !files.has(path)) rmSync(path);
  }
}
