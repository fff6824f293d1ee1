// Floors to compare with: the machine's cost of the smallest operations. Prints nanoseconds an operation.
import { printJson, timeLoops } from './loops.mjs';

const OPERATIONS = 5_000_000;
const LOOPS = 5;
const words = new Int32Array(new SharedArrayBuffer(8));
const now = performance.now.bind(performance);
let sink = 0;

const loops = {
  'a plain store': (n) => {
    for (let i = 0; i < n; i++) words[i & 1] = i;
  },
  'one Atomics.add': (n) => {
    for (let i = 0; i < n; i++) Atomics.add(words, 0, 1);
  },
  'performance.now()': (n) => {
    for (let i = 0; i < n; i++) sink += now();
  },
  'process.hrtime.bigint()': (n) => {
    for (let i = 0; i < n; i++) if (process.hrtime.bigint() === 0n) sink++;
  },
};

const floors = {};
for (const [name, loop] of Object.entries(loops)) {
  floors[name] = Math.min(...timeLoops(loop, OPERATIONS, LOOPS).nsPerEvent);
}
printJson({ floors, sink: sink === 0 });
