// pino writing to a file through its buffered destination, which costs it less than the default of one write a line.
import pino from 'pino';
import { printJson, STRINGS, timeLoops } from './loops.mjs';

const [events, loops, file] = process.argv.slice(2);
const log = pino(pino.destination({ dest: file, sync: true, minLength: 4096 }));
const result = timeLoops(
  (n) => {
    for (let i = 0; i < n; i++) log.info({ id: i, customer: STRINGS[i & 63] }, 'tick');
  },
  Number(events),
  Number(loops),
);
printJson(result);
