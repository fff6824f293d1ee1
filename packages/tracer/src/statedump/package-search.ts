import { type Package, PackageFinder } from '@ringtail/base/files';
import { loadedFiles, packageOf } from './loaded-packages.ts';

/** Longest time of the program that one turn takes. */
const TURN_MS = 5;
/** Time after which the search pauses between turns, so that it takes a fifth of the program's time from then on. */
const HURRY_MS = 250;
const PAUSE_MS = 20;
const PACKAGES_MAX = 4096;

export interface PackageSearchOptions {
  readonly nowMs: () => number;
  /** Calls `act` in a later turn of the program's event loop, unless the search is given up. */
  readonly later: (delayMs: number, act: () => void) => void;
  readonly onFound: (found: Package) => void;
}

/**
 * Search for the packages of loaded files, in short turns. A slow disk or a busy machine makes it take longer; it finds
 * the same packages.
 */
export class PackageSearch {
  readonly #options: PackageSearchOptions;
  readonly #finder = new PackageFinder();
  readonly #files = new Set<string>();
  readonly #packages = new Set<string>();
  #pending: string[] = [];
  #workMs = 0;
  /** Packages beyond the limit. */
  leftOut = 0;

  constructor(options: PackageSearchOptions) {
    this.#options = options;
  }

  /** Finds the packages of files that were loaded since the last call. */
  run(then: () => void, files: readonly string[] = loadedFiles()): void {
    for (const file of files) {
      if (this.#files.has(file)) continue;
      this.#files.add(file);
      this.#pending.push(file);
    }
    this.#turn(then);
  }

  #turn(then: () => void): void {
    const { nowMs, later } = this.#options;
    const begin = nowMs();
    do {
      const file = this.#pending.pop();
      if (file === undefined) break;
      const found = packageOf(file, this.#finder);
      if (found !== undefined && !this.#packages.has(found.path)) this.#add(found);
    } while (nowMs() - begin < TURN_MS);
    this.#workMs += nowMs() - begin;
    if (this.#pending.length === 0) then();
    else later(this.#workMs < HURRY_MS ? 0 : PAUSE_MS, () => this.#turn(then));
  }

  #add(found: Package): void {
    if (this.#packages.size >= PACKAGES_MAX) {
      this.leftOut += 1;
      return;
    }
    this.#packages.add(found.path);
    this.#options.onFound(found);
  }
}
