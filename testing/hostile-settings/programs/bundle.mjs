// Bundles app.mjs beside this file: node bundle.mjs BUNDLER OUTPUT. Prints the bundler's errors and warnings.
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const [bundler, output, tools] = process.argv.slice(2);
const load = createRequire(tools);
const directory = dirname(fileURLToPath(import.meta.url));
const entry = join(directory, 'app.mjs');

const esbuild = (options) => () =>
  load('esbuild').build({
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    platform: 'node',
    logLevel: 'warning',
    ...options,
  });

const webpack = (mode) => async () => {
  const stats = await promisify(load('webpack'))({
    target: 'node',
    mode,
    context: directory,
    entry,
    output: { path: dirname(output), filename: basename(output) },
  });
  process.stdout.write(stats.toString({ all: false, errors: true, warnings: true }));
};

const rollup = (format) => async () => {
  const { default: commonjs } = load('@rollup/plugin-commonjs');
  const { default: nodeResolve } = load('@rollup/plugin-node-resolve');
  const plugins = [nodeResolve({ exportConditions: ['node'] }), commonjs()];
  const onwarn = ({ message }) => console.log(message);
  const bundle = await load('rollup').rollup({ input: entry, plugins, external: /^node:/, onwarn });
  await bundle.write({ file: output, format });
};

async function ncc() {
  const { code } = await load('@vercel/ncc')(entry, { quiet: true, cache: false, esm: true });
  const { writeFileSync } = await import('node:fs');
  writeFileSync(output, code);
}

await {
  'esbuild-cjs': esbuild({ format: 'cjs' }),
  'esbuild-esm': esbuild({ format: 'esm' }),
  'esbuild-minified': esbuild({ format: 'cjs', minify: true }),
  'webpack-development': webpack('development'),
  'webpack-production': webpack('production'),
  'rollup-cjs': rollup('cjs'),
  'rollup-esm': rollup('es'),
  ncc,
}[bundler]();
