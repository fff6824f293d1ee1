import { Buffer } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A directory with a named `package.json`. */
export interface Package {
  readonly name: string;
  /** Empty if the manifest has none. */
  readonly version: string;
  readonly path: string;
}

const MANIFEST_BYTES_MAX = 1024 * 1024;
const TEXT_LENGTH_MAX = 256;

/** Finds the packages of files: name and version of the nearest `package.json` that has a name. */
export class PackageFinder {
  readonly #bytesMax: number;
  /** By directory; null if neither it nor a parent has a manifest. */
  readonly #byDirectory = new Map<string, Package | null>();

  /** @param bytesMax size of a manifest; a larger one is not read */
  constructor(bytesMax = MANIFEST_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** The package of the nearest directory that has one, from this directory upwards. */
  nearest(directory: string): Package | undefined {
    const passed: string[] = [];
    let found: Package | null = null;
    for (let at = directory; ; at = dirname(at)) {
      const known = this.#byDirectory.get(at);
      found = known === undefined ? readManifest(at, this.#bytesMax) : known;
      passed.push(at);
      if (known !== undefined || found !== null || dirname(at) === at) break;
    }
    for (const at of passed) this.#byDirectory.set(at, found);
    return found ?? undefined;
  }
}

function readManifest(directory: string, bytesMax: number): Package | null {
  try {
    const text = textOfFile(join(directory, 'package.json'), bytesMax);
    if (text === undefined) return null;
    const { name, version } = JSON.parse(text) as { readonly name?: unknown; readonly version?: unknown };
    if (typeof name !== 'string' || name === '') return null;
    return {
      name: name.slice(0, TEXT_LENGTH_MAX),
      version: typeof version === 'string' ? version.slice(0, TEXT_LENGTH_MAX) : '',
      path: directory,
    };
  } catch {
    // Unreadable, no JSON, or a program that has replaced a part of the language.
    return null;
  }
}

/**
 * Opens without waiting, since another user may put a FIFO into a directory such as `/tmp`.
 *
 * @returns undefined if there is no regular file of at most `bytesMax` bytes
 */
function textOfFile(path: string, bytesMax: number): string | undefined {
  // Most directories have none: no error is made for them.
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > bytesMax) return undefined;
    const bytes = Buffer.allocUnsafe(stats.size);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, stats.size, 0));
  } finally {
    closeSync(descriptor);
  }
}
