// Dies by SIGABRT in the given way: node abort.mjs WAY. It has no tracepoints.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const way = process.argv[2];
const eaten = [];
const bite = () => eaten.push(new Array(50_000).fill(Math.random()));

function abortNow() {
  process.abort();
}

switch (way) {
  case 'heap-in-turns':
    setInterval(bite, 1);
    break;
  case 'heap-in-a-loop':
    for (;;) bite();
  case 'heap-of-a-child':
    spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), 'heap-in-a-loop']);
    process.exit(3);
    break;
  case 'abort':
    abortNow();
    break;
  case 'wait':
    process.stdout.write('waits\n');
    process.stdin.resume();
    break;
}
