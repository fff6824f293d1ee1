// Prints received signals and emits an event for each; ends with exit code 42 at SIGTERM.
import { provider, str } from '@ringtail/tracer';

const got = provider('e2e').tracepoint('signal', [['name', str]]);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGQUIT']) {
  process.on(signal, () => {
    got(signal);
    console.log(`got ${signal}`);
    if (signal === 'SIGTERM') process.exit(42);
  });
}
setInterval(() => undefined, 1000);
console.log('ready');
