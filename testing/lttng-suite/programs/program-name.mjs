// Names the process after its script, like a compiled program. Import it before the tracer.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';

writeFileSync('/proc/self/comm', basename(process.argv[1], '.mjs').slice(0, 15));
