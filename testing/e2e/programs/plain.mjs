// Output, listeners and exit code that tracing must not change: node plain.mjs EXIT_CODE
// With WITHOUT_TRACER set it does not even import the tracer.
const step = process.env.WITHOUT_TRACER ? () => undefined : await tracepoint();
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

async function tracepoint() {
  const { provider, u32 } = await import('@ringtail/tracer');
  return provider('e2e').tracepoint('step', [['index', u32]]);
}
