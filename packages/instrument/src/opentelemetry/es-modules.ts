import { createRequire } from 'node:module';
import { everyMs } from '../every.ts';
import type { SdkModule } from './sdk-module.ts';

const LOOK_INTERVAL_MS = 100;
/** Where all copies of OpenTelemetry's API in a thread find the providers that the program has registered. */
const API = Symbol.for('opentelemetry.js.api.1');

/**
 * Changes a module of the SDK's version 3 that the program has loaded as an ES module.
 *
 * A program can neither read which ES modules it has loaded, nor be told. So this waits until a provider is registered.
 * If its package is not among the CommonJS modules, it is an ES module: `require` then gives the program's own.
 *
 * @returns a function that takes the changes back
 */
export function changeEsModule({ packageNames, source, signal, change }: SdkModule): () => void {
  let undo: (() => void) | undefined;
  // Node.js 20, on which version 3 does not run, cannot load an ES module without waiting.
  if (Object(process.features).require_module !== true) return () => undefined;
  const endLooking = everyMs(LOOK_INTERVAL_MS, () => {
    const providers = (globalThis as Readonly<Record<symbol, Readonly<Record<string, unknown>> | undefined>>)[API];
    if (providers?.[signal] === undefined) return;
    endLooking();
    const { require, path } = findPackage(packageNames);
    if (require.cache[path] === undefined) undo = change(require(path.replace(/index\.cjs$/, `${source}.mjs`)));
  });
  return () => {
    endLooking();
    undo?.();
  };
}

/** The package of the program's main module. @throws if the program has none of version 3 */
function findPackage(packageNames: readonly string[]): { readonly require: NodeJS.Require; readonly path: string } {
  const fromMain = createRequire(process.argv[1] ?? `${process.cwd()}/main.js`);
  const path = packageNames.map((name) => resolved(fromMain, name)).find((one) => one.endsWith('/dist/index.cjs'));
  if (path === undefined) throw new Error('there is no SDK of version 3');
  // Within the package, so that Node.js does not warn of ES modules in `require`.
  return { require: createRequire(path), path };
}

function resolved(require: NodeJS.Require, name: string): string {
  try {
    return require.resolve(name);
  } catch {
    return '';
  }
}
