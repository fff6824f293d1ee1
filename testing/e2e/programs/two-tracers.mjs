// Two copies of the tracer in one process, as from two dependencies of an application.
import { cpSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as first from '@ringtail/tracer';

const [place] = process.argv.slice(2);
const installed = realpathSync(dirname(dirname(fileURLToPath(import.meta.resolve('@ringtail/tracer')))));
const copy = join(place, 'node_modules', '@ringtail', 'tracer');
mkdirSync(dirname(copy), { recursive: true });
cpSync(installed, copy, { recursive: true, filter: (path) => !path.includes('node_modules') });
const second = await import(pathToFileURL(join(copy, 'dist', 'index.js')).href);
if (second.provider === first.provider) throw new Error('these are not two copies');

for (const [name, tracer] of Object.entries({ first, second })) {
  const event = tracer.provider(name).tracepoint('event', [['index', tracer.u32]]);
  for (let index = 0; index < 3; index++) event(index);
}
