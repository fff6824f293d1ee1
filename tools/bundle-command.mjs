// Makes the programs of the package ringtail: node tools/bundle-command.mjs
//
// packages/cli/bundle has one file for each process: Node.js takes longer to find and read three hundred small modules
// than to run a command. A module that is imported when it is needed is in the same file and runs no earlier. Beside
// each file are its source map (for node --enable-source-maps) and the licenses of the foreign packages in it. `tracer`
// has the tracer that recordings load, `systemd` the daemon's unit files.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { replaceFile } from './replace-file.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const home = join(root, 'packages', 'cli');
const output = join(home, 'bundle');

const { outputFiles, metafile } = await build({
  absWorkingDir: root,
  entryPoints: {
    ringtail: 'packages/cli/src/main.ts',
    'ringtail-sessiond': 'packages/sessiond/src/main.ts',
    'ringtail-consumerd': 'packages/consumerd/src/main.ts',
    'job-process': 'packages/reader/src/files/jobs/job-process.ts',
    'helper-main': 'packages/sessiond/src/helpers/helper-main.ts',
  },
  outdir: output,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // ES modules of packages that have both: esbuild leaves the parts of @opentelemetry out that nothing uses.
  mainFields: ['module', 'main'],
  // CommonJS packages among the dependencies require modules of Node.js.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  write: false,
  logLevel: 'warning',
});

const packages = [...new Set(Object.keys(metafile.inputs).map(packageFolder))].sort();
const missing = packages.flatMap(undeclared);
if (missing.length > 0) {
  for (const problem of missing) console.error(`bundle-command: ${problem}`);
  process.exit(1);
}
mkdirSync(output, { recursive: true });
for (const { path, contents } of outputFiles) replaceFile(path, contents);
const written = outputFiles.map(({ path }) => basename(path));
for (const name of readdirSync(output)) {
  if (/\.js(\.map)?$/.test(name) && !written.includes(name)) rmSync(join(output, name));
}
replaceFile(join(output, 'LICENSES.txt'), packages.filter(isForeign).map(licenseOf).join('\n'));

copyFiles(join(root, 'packages', 'tracer'), join(output, 'tracer'), [
  'package.json',
  'dist/index.js',
  'dist/register.js',
  'dist/clock-linux-x64.node',
]);
// The preload finds the instruments beside itself.
const instrument = join(root, 'packages', 'instrument', 'dist');
replaceFile(join(output, 'tracer', 'dist', 'instrument.cjs'), readFileSync(join(instrument, 'index.cjs')));
replaceFile(join(output, 'tracer', 'dist', 'probes.cjs'), readFileSync(join(instrument, 'probes.cjs')));
const units = join(root, 'packages', 'sessiond', 'systemd');
copyFiles(units, join(output, 'systemd'), readdirSync(units));

/** Copies files; a file that is absent here is removed there. */
function copyFiles(from, to, names) {
  for (const name of names) {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    if (existsSync(join(from, name))) replaceFile(join(to, name), readFileSync(join(from, name)));
    else rmSync(join(to, name), { force: true });
  }
}

/** Folder of the package that has the file. */
function packageFolder(path) {
  let folder = dirname(resolve(root, path));
  while (!existsSync(join(folder, 'package.json')) || manifestOf(folder).name === undefined) folder = dirname(folder);
  return folder;
}

function isForeign(folder) {
  return relative(root, folder).startsWith('node_modules');
}

/**
 * Packages of others with native code, which no bundle can hold, that code in the bundle loads and the package ringtail
 * does not declare. Our own native code is copied.
 */
function undeclared(folder) {
  const ours = Object.keys(manifestOf(home).optionalDependencies ?? {});
  return Object.entries(manifestOf(folder).optionalDependencies ?? {})
    .filter(([name]) => !name.startsWith('@ringtail/') && !ours.includes(name))
    .map(([name, version]) => `packages/cli/package.json lacks the optional dependency ${name} ${version}`);
}

function licenseOf(folder) {
  const { name, version, license } = manifestOf(folder);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  return `${name} ${version}: ${license}\n${text}`;
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
