// An OpenTelemetry span with two attributes, started and ended; the SDK's span processor drops it.
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { printJson, STRINGS, timeLoops } from './loops.mjs';

const dropping = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} };
const tracer = new BasicTracerProvider({ spanProcessors: [dropping] }).getTracer('bench');
const [events, loops] = process.argv.slice(2);
const result = timeLoops(
  (n) => {
    for (let i = 0; i < n; i++) {
      const span = tracer.startSpan('tick');
      span.setAttribute('id', i);
      span.setAttribute('customer', STRINGS[i & 63]);
      span.end();
    }
  },
  Number(events),
  Number(loops),
);
printJson(result);
