import module from 'node:module';
import { basename, dirname } from 'node:path';
import type { Package, PackageFinder } from '@ringtail/base/files';
import { readFileSync } from '../host/files.ts';

/** Files in one list. */
const FILES_MAX = 100_000;
const ADDON_LINE = /\s(\/\S.*\.node)$/gm;

/**
 * Files that this thread has loaded, as far as they can be found without hooks in the loader: the program itself,
 * CommonJS modules, native addons. Node.js gives programs no list of ECMAScript modules.
 */
export function loadedFiles(): readonly string[] {
  const files = new Set<string>();
  const main = process.argv[1];
  if (main !== undefined) files.add(main);
  for (const file of attempt(() => Object.keys(module.createRequire('/').cache)) ?? []) files.add(file);
  for (const [, file] of attempt(() => [...readFileSync('/proc/self/maps', 'utf8').matchAll(ADDON_LINE)]) ?? []) {
    files.add(file as string);
  }
  return [...files].slice(0, FILES_MAX);
}

/** The package of a file. A program without a package stands for itself; any other file without one gives undefined. */
export function packageOf(file: string, finder: PackageFinder): Package | undefined {
  const found = finder.nearest(dirname(file));
  if (found !== undefined) return found;
  return file === process.argv[1] ? { name: basename(file), version: '', path: file } : undefined;
}

/** Leaves out a part that cannot be read: files vanish, and programs replace their module cache. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
