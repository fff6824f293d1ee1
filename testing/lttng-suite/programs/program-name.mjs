// Gives the process the name of its script, as a compiled program has it. Import it before the tracer.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';

writeFileSync('/proc/self/comm', basename(process.argv[1], '.mjs').slice(0, 15));
