// Records events with values that do not fit their fields: node wrong-values.mjs [killed | waits | threads]
import { AsyncLocalStorage } from 'node:async_hooks';
import { isMainThread, Worker } from 'node:worker_threads';
import { context, i32, provider, seq, str, u8, u32 } from '@ringtail/tracer';

const [mode] = process.argv.slice(2);
const shop = provider('shop');
const ok = shop.tracepoint('ok', [
  ['id', u32],
  ['who', str],
]);
const sizes = shop.tracepoint('sizes', [
  ['level', i32],
  ['bytes', seq(u8)],
]);
const tenant = new AsyncLocalStorage();
context('shop', 'tenant', tenant);

ok(1, 'right');
ok({ id: 2 });
ok(2 ** 40, 'ann');
ok(-1, 7);
tenant.run({ name: 'acme' }, () => sizes(1.5, [1, 300, -1]));
tenant.run('acme', () => sizes(-1, [0]));
sizes(7n, []);

if (mode === 'killed') process.kill(process.pid, 'SIGKILL');
if (mode === 'threads' && isMainThread) new Worker(new URL(import.meta.url), { argv: [mode] });
if (mode === 'waits') {
  process.stdout.write('ready\n');
  process.stdin.once('data', () => process.exit());
}
