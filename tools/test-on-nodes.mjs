// Runs the test suite on this Node.js and on every other major we support: node tools/test-on-nodes.mjs [MAJOR…]
//
// Ends with the sums of all runs.
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installedNodeOf, SUPPORTED } from './node-copies.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const current = Number(process.versions.node.split('.')[0]);
const named = process.argv.slice(2).map(Number);
const majors = named.length > 0 ? named : [...new Set([current, ...SUPPORTED])].sort((a, b) => a - b);

const results = [];
for (const major of majors) {
  const binary = installedNodeOf(major);
  console.log(`\n=== Node.js ${major} (${binary}) ===\n`);
  results.push({ major, ...(await runTests(binary)) });
}

console.log('');
for (const { major, passed, failed } of results) console.log(`Node.js ${major}: ${passed} passed, ${failed} failed`);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 ? 0 : 1;

/** Runs tools/test.mjs, passing its output on, and reads its last line. */
async function runTests(binary) {
  const env = { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(binary, [join(root, 'tools', 'test.mjs')], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let tail = '';
  child.stdout.on('data', (data) => {
    process.stdout.write(data);
    tail = (tail + data.toString('latin1')).slice(-4096);
  });
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const line = [...tail.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return line ? { passed: Number(line[1]), failed: Number(line[2]) } : { passed: 0, failed: 1 };
}
