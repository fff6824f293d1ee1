// Makes the published file of @ringtail/instrument: node tools/bundle-instrument.mjs
//
// The preload of the tracer requires packages/instrument/dist/index.cjs, synchronously in every kind of program.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { replaceFile } from './replace-file.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['packages/instrument/src/index.ts'],
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  write: false,
  logLevel: 'warning',
});
replaceFile(join(root, 'packages', 'instrument', 'dist', 'index.cjs'), outputFiles[0].contents);
