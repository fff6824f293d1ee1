// Makes the libraries of the package ringtail: node tools/bundle-libraries.mjs
//
// packages/cli/bundle/lib has a file for each library, and a file for each group of modules that several libraries
// share: objects of one library are instances of another's classes. Its folder `types` has the declarations.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { copyDeclarations } from './copy-declarations.mjs';
import { replaceFile } from './replace-file.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, 'packages', 'cli', 'bundle', 'lib');
/** Compiled modules, since these are the modules that sibling packages import. */
const LIBRARIES = {
  analyses: 'packages/analyses/dist/index',
  ctf: 'packages/ctf/dist/index',
  ctl: 'packages/ctl/dist/index',
  reader: 'packages/reader/dist/index',
  'reader-pure': 'packages/reader/dist/pure',
};

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(Object.entries(LIBRARIES).map(([name, module]) => [name, `${module}.js`])),
  outdir: output,
  bundle: true,
  splitting: true,
  chunkNames: 'shared-[hash]',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  write: false,
  logLevel: 'warning',
});

mkdirSync(output, { recursive: true });
for (const { path, contents } of outputFiles) replaceFile(path, contents);
const written = outputFiles.map(({ path }) => basename(path));
for (const name of readdirSync(output)) if (name.endsWith('.js') && !written.includes(name)) rmSync(join(output, name));
copyDeclarations(
  Object.values(LIBRARIES).map((module) => `${module}.d.ts`),
  join(output, 'types'),
);
