// Resident memory of a program that does nothing, has the tracer loaded, or has emitted a million events.
import { setTimeout as sleep } from 'node:timers/promises';
import { printJson, STRINGS } from './loops.mjs';

const mode = process.argv[2];
if (mode !== 'bare') {
  const { i32, provider, str } = await import('@ringtail/tracer');
  const tick = provider('bench').tracepoint('tick', [
    ['id', i32],
    ['customer', str],
  ]);
  for (let i = 0; i < 1_000_000; i++) tick(i, STRINGS[i & 63]);
}
await sleep(200);
globalThis.gc?.();
printJson({ rssBytes: process.memoryUsage.rss() });
