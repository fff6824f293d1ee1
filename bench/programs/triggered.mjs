// Emits EVENTS events with the time (CLOCK_MONOTONIC, nanoseconds), one every PERIOD_MS: triggered.mjs idle|busy EVENTS
// PERIOD_MS
//
//   idle   waits in its event loop in between
//   busy   never returns to it
import { setTimeout as pause } from 'node:timers/promises';
import { provider, u64 } from '@ringtail/tracer';
import { printJson } from './loops.mjs';

const [manner, events, periodMs] = process.argv.slice(2);
const hit = provider('latency').tracepoint('hit', [['at', u64]]);

for (let n = 0; n < Number(events); n++) {
  if (manner === 'idle') await pause(Number(periodMs));
  else spin(Number(periodMs));
  hit(process.hrtime.bigint());
}
printJson({ events: Number(events) });

function spin(ms) {
  for (const end = performance.now() + ms; performance.now() < end; );
}
