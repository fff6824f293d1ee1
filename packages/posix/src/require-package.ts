// Not by the name `createRequire`: bundlers follow that, and packages with native code cannot be in a bundle.
import module from 'node:module';

/**
 * Requires a package that a bundle cannot contain, from where this code is, else from where the program's file is.
 *
 * A bundler may have moved this code into a file of the program, or may have left here the path that it had when it was
 * bundled.
 *
 * @throws the first reason why it cannot be loaded
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

/** Undefined where a bundler did not keep it. */
function ownFile(): string | undefined {
  return typeof __filename === 'string' ? __filename : import.meta.url;
}
