// Builds the optional clock addon, packages/clock-linux-x64/build/clock.node, when its sources are newer than it, and
// copies it into the tracer. Prints one line where it cannot be built, which is no failure: without the addon the
// tracer reads the time from Node.js.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceFile } from './replace-file.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'packages', 'clock-linux-x64');
const output = join(folder, 'build', 'clock.node');
const published = join(root, 'packages', 'tracer', 'dist', 'clock-linux-x64.node');
const sources = ['src/clock.c', 'src/interpolator.h'].map((name) => join(folder, name));
const flags = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-fPIC', '-shared', '-fvisibility=hidden', '-s'];

const reason = build();
if (reason === null) {
  replaceFile(published, readFileSync(output));
} else {
  rmSync(published, { force: true });
  console.log(`The optional clock addon is not built: ${reason}. Events will cost about twice as much.`);
}

/** @returns the reason why there is no addon, or null */
function build() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `it is for linux-x64, this is ${process.platform}-${process.arch}`;
  const newest = Math.max(...[...sources, fileURLToPath(import.meta.url)].map((path) => statSync(path).mtimeMs));
  if (existsSync(output) && statSync(output).mtimeMs >= newest) return null;
  // An old addon must not outlive its sources.
  rmSync(output, { force: true });
  const headers = headerFolder();
  if (headers === undefined) return 'the package node-api-headers is not installed';
  const compiler = findCompiler();
  if (compiler === undefined) return 'no C compiler (gcc or cc) was found';
  mkdirSync(dirname(output), { recursive: true });
  // Renamed into place, since a running process may have the old file mapped, and another build may be under way.
  const temporary = `${output}.${process.pid}`;
  const result = spawnSync(compiler, [...flags, '-I', headers, '-o', temporary, sources[0]], { encoding: 'utf8' });
  if (result.status !== 0) {
    rmSync(temporary, { force: true });
    const line = result.stderr.split('\n').find((text) => text.includes('error')) ?? `exit code ${result.status}`;
    return `${compiler} failed: ${line}`;
  }
  renameSync(temporary, output);
  return null;
}

function headerFolder() {
  try {
    return createRequire(import.meta.url)('node-api-headers').include_dir;
  } catch {
    return undefined;
  }
}

function findCompiler() {
  const candidates = [process.env.CC, 'gcc', 'cc'].filter((name) => name);
  return candidates.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}
