// Makes the packages that a developer installs, and prints the command that installs them: node tools/pack.mjs [DIR]
//
// DIR is `pack` by default. Each package has everything of Ringtail that it needs, so it installs without the other.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const directory = resolve(process.argv[2] ?? join(root, 'pack'));
const FOLDERS = ['cli', 'tracer', 'instrument'];

mkdirSync(directory, { recursive: true });
const packed = FOLDERS.map((folder) => pack(join(root, 'packages', folder)));
const width = Math.max(...packed.map(({ filename }) => filename.length));
for (const { filename, size, description } of packed) {
  console.log(`${filename.padEnd(width)}  ${String(Math.ceil(size / 1000)).padStart(5)} kB  ${description}`);
}
if (!existsSync(join(root, 'packages', 'tracer', 'dist', 'clock-linux-x64.node'))) {
  console.log('They lack the clock addon, since none was built: an event costs about twice as much.');
}
const [command, tracer, instrument] = packed.map(pathOf);
console.log(`\nIn the folder of your program:\n\n  npm install ${command} ${tracer}\n`);
console.log('For the events of Node.js in programs that run without ringtail record and guard, also:\n');
console.log(`  npm install ${instrument}\n`);

/** @returns what npm says about the tarball, with the description of its package */
function pack(folder) {
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) {
    console.error(`pack: npm pack failed in ${folder}:\n${stderr}`);
    process.exit(1);
  }
  const { description } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { ...JSON.parse(stdout)[0], description };
}

/** The tarball as a word for a shell. */
function pathOf({ filename }) {
  const path = join(directory, filename);
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
