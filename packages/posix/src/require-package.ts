// Not imported by the name `createRequire`, which bundlers follow: packages with native code cannot be in a bundle.
import module from 'node:module';

/**
 * Requires a package that a bundle cannot contain, from this file, else from the program's file.
 *
 * The second attempt is for bundles: a bundler may have moved this code into a file of the program, or kept the path of
 * the build.
 *
 * @throws the error of the first attempt
 */
export function requirePackage(name: string): unknown {
  const failures: unknown[] = [];
  for (const place of [ownFile(), process.argv[1]]) {
    if (place === undefined) continue;
    try {
      return module.createRequire(place)(name);
    } catch (error) {
      failures.push(error);
    }
  }
  throw failures[0] ?? new Error(`no place from which ${name} could be loaded is known`);
}

/** This file; undefined if a bundler has removed it. */
function ownFile(): string | undefined {
  return typeof __filename === 'string' ? __filename : import.meta.url;
}
