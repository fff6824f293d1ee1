// Makes the published files of @ringtail/tracer: node tools/bundle-tracer.mjs
//
// dist/index.js is for `import`, dist/index.cjs for `require`, index.d.cts has the types of the latter. Each holds the
// whole tracer but its native code. The part that a program imports does nothing while it is loaded; the rest is a
// function of the same file that runs, guarded, when the tracer starts (packages/tracer/src/api/registry.ts). Bundlers
// can therefore include it.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { replaceFile } from './replace-file.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'packages', 'tracer');
const COMMON = {
  entryPoints: [join(folder, 'src', 'index.ts')],
  bundle: true,
  platform: 'node',
  target: 'node20',
  write: false,
  logLevel: 'warning',
  // For esbuild's own first lines, which no guard covers: a program may have deleted the global object.
  banner: { js: 'const Object = {}.constructor;' },
};

/** esbuild's way to define exports would throw in a program that adds a property like `value` to Object.prototype. */
const DEFINE = 'var __defProp = Object.defineProperty;';
const DEFINE_OWN =
  'var __defProp = (to, name, property) => Object.defineProperty(to, name, { __proto__: null, ...property });';

await bundle({ format: 'esm' }, 'index.js');
await bundle({ format: 'cjs', define: { 'import.meta.url': 'undefined' } }, 'index.cjs');
replaceFile(join(folder, 'dist', 'index.d.cts'), typesOfRequire());

async function bundle(options, name) {
  const { outputFiles } = await build({ ...COMMON, ...options });
  const { text } = outputFiles[0];
  if (!text.includes(DEFINE))
    throw new Error(`esbuild begins ${name} in another way: adapt DEFINE in bundle-tracer.mjs`);
  replaceFile(join(folder, 'dist', name), text.replace(DEFINE, DEFINE_OWN));
}

/** Declares for TypeScript that `require` gives the same values as the ES module. */
function typesOfRequire() {
  const values = Object.keys(createRequire(import.meta.url)(join(folder, 'dist', 'index.cjs')));
  const from = `from './index.js' with { 'resolution-mode': 'import' };`;
  const lines = values.map((name) => `export declare const ${name}: typeof tracer.${name};`);
  return [`import type * as tracer ${from}`, `export type * ${from}`, ...lines, ''].join('\n');
}
