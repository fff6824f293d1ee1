// Output and exit code that tracing must not change; it does trace when it can: node plain.mjs EXIT_CODE
import { provider, u32 } from '@ringtail/tracer';

const step = provider('e2e').tracepoint('step', { index: u32 });
for (let index = 0; index < 100; index++) {
  step(index);
  process.stdout.write(`step ${index}\n`);
}
process.stderr.write(`to standard error: ${process.argv.slice(2).join(' ')}\n`);
console.log(
  process.listenerCount('exit'),
  process.listenerCount('SIGTERM'),
  process.listenerCount('uncaughtException'),
);
process.exitCode = Number(process.argv[2] ?? 0);
