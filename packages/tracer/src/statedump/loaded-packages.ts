import { readFileSync, statSync } from 'node:fs';
import module from 'node:module';
import { basename, dirname, join } from 'node:path';

export interface LoadedPackage {
  readonly name: string;
  /** Empty if the manifest has none. */
  readonly version: string;
  /** Directory of the package, or the program's file if it belongs to no package. */
  readonly path: string;
}

const MANIFEST_BYTES_MAX = 1024 * 1024;
const TEXT_LENGTH_MAX = 256;
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

/** Finds the packages of files: name and version of the nearest `package.json` that has a name. */
export class PackageFinder {
  /** By directory; null if neither it nor a parent has a manifest. */
  readonly #byDirectory = new Map<string, LoadedPackage | null>();

  /**
   * The package of a file. A program without a package stands for itself; any other file without one gives undefined.
   */
  packageOf(file: string): LoadedPackage | undefined {
    const found = this.#find(dirname(file));
    if (found !== null) return found;
    return file === process.argv[1] ? { name: basename(file), version: '', path: file } : undefined;
  }

  #find(directory: string): LoadedPackage | null {
    const passed: string[] = [];
    let found: LoadedPackage | null = null;
    for (let at = directory; ; at = dirname(at)) {
      const known = this.#byDirectory.get(at);
      found = known === undefined ? readManifest(at) : known;
      passed.push(at);
      if (known !== undefined || found !== null || dirname(at) === at) break;
    }
    for (const at of passed) this.#byDirectory.set(at, found);
    return found;
  }
}

function readManifest(directory: string): LoadedPackage | null {
  const path = join(directory, 'package.json');
  const manifest = attempt(() => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || !found.isFile() || found.size > MANIFEST_BYTES_MAX) return undefined;
    return JSON.parse(readFileSync(path, 'utf8')) as { readonly name?: unknown; readonly version?: unknown } | null;
  });
  const name = manifest?.name;
  if (typeof name !== 'string' || name === '') return null;
  const version = typeof manifest?.version === 'string' ? manifest.version : '';
  return { name: name.slice(0, TEXT_LENGTH_MAX), version: version.slice(0, TEXT_LENGTH_MAX), path: directory };
}

/** Leaves out a part that cannot be read: files vanish, and programs replace their module cache. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
