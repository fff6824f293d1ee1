// Never returns to its event loop. It reports once, synchronously, that it is in its loop.
import { writeSync } from 'node:fs';
import { provider, u32 } from '@ringtail/tracer';

const tick = provider('e2e').tracepoint('tick', [['index', u32]]);
writeSync(1, 'ticking\n');
for (let index = 0; ; index++) tick(index >>> 0);
