import { requirePackage } from './require-package.ts';

/** A value with one of koffi's types, which we only pass on. */
type Reference = unknown;

/** A handle in the event loop that watches one descriptor. */
export interface PollHandle {
  unref(): void;
  close(): void;
}

/** The part of koffi's addon that is used here. */
export interface Koffi {
  /** Opens a library; null is the process itself. */
  load(path: null): { func(definition: string): (...args: never[]) => unknown };
  /** Error number of the last call. */
  errno(): number;
  alloc(type: 'char', count: number): Reference;
  free(memory: Reference): void;
  address(memory: Reference): bigint;
  /** Memory as an `ArrayBuffer`, without a copy. */
  view(memory: Reference, bytes: number): ArrayBuffer;
  readonly node: {
    poll(fd: number, events: { readonly readable: boolean }, callback: () => void): PollHandle;
  };
}

/**
 * Loads koffi's addon for this processor.
 *
 * Koffi publishes its addon in one package per platform, none with an install script. The package `koffi`, which
 * depends on them, has one, of which npm warns, and adds nothing that is used here.
 *
 * @throws if the package is not installed, or native code cannot be loaded
 */
export function requireKoffi(): Koffi {
  return requirePackage(`@koromix/koffi-linux-${process.arch}`) as Koffi;
}
