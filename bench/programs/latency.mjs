// Calls a hundred tracepoints in turn, without an end and without returning to the event loop: latency.mjs
import { provider, u32 } from '@ringtail/tracer';

const latency = provider('latency');
const events = Array.from({ length: 100 }, (_, i) => latency.tracepoint(`e${i}`, [['n', u32]]));
process.stdout.write('ready\n');
for (let n = 0; ; n++) events[n % events.length](n);
