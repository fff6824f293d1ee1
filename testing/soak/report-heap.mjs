// At each SIGWINCH (unused otherwise), a process collects garbage and writes its heap's size into the file of its
// process identifier in RINGTAIL_SOAK_HEAPS: node --import report-heap.mjs …
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const file = join(process.env.RINGTAIL_SOAK_HEAPS, String(process.pid));

process.on('SIGWINCH', () => {
  // A second collection takes objects that finalizers of the first one released.
  collect();
  setImmediate(() => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    writeFileSync(`${file}.new`, String(heapUsed + arrayBuffers));
    renameSync(`${file}.new`, file);
  });
});
