// What a traced program can see of the tracer: listeners, and what keeps the event loop alive. Prints it as JSON.
import { provider, str, u32 } from '@ringtail/tracer';

const seen = provider('guest').tracepoint('seen', [
  ['index', u32],
  ['text', str],
]);
for (let index = 0; index < 10; index++) seen(index, `number ${index}`);

const listeners = Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)]));
console.log(JSON.stringify({ listeners, resources: process.getActiveResourcesInfo() }));
