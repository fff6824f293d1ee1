// Has a process write its heap's size, after a collection, into the file of its process identifier in RINGTAIL_SOAK_HEAPS at each
// SIGWINCH, which nothing else uses: node --import report-heap.mjs …
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const file = join(process.env.RINGTAIL_SOAK_HEAPS, String(process.pid));

process.on('SIGWINCH', () => {
  // What finalizers of a first collection let go is taken by a second one.
  collect();
  setImmediate(() => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    writeFileSync(`${file}.new`, String(heapUsed + arrayBuffers));
    renameSync(`${file}.new`, file);
  });
});
