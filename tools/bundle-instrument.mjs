// Makes the published files of @ringtail/instrument: node tools/bundle-instrument.mjs
//
// The preload of the tracer requires packages/instrument/dist/index.cjs, synchronously in every kind of program. The
// first dynamic probe of a program requires probes.cjs beside it.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { replaceFile } from './replace-file.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const BUNDLED = ['acorn', '@jridgewell/trace-mapping', '@jridgewell/resolve-uri', '@jridgewell/sourcemap-codec'];
const licences = BUNDLED.map(
  (name) => `/*! ${name}\n\n${readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8').trim()}\n*/`,
);
const FILES = {
  'index.cjs': { entry: 'packages/instrument/src/index.ts', banner: '' },
  'probes.cjs': {
    entry: 'packages/instrument/src/probes/main.ts',
    banner: licences.join('\n'),
  },
};

for (const [name, { entry, banner }] of Object.entries(FILES)) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    banner: { js: banner },
    write: false,
    logLevel: 'warning',
  });
  replaceFile(join(root, 'packages', 'instrument', 'dist', name), outputFiles[0].contents);
}
