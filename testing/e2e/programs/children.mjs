// The process and COUNT children, started as HOW says (fork, spawn, cluster), emit EVENTS events each:
// node children.mjs HOW COUNT EVENTS
import { fork, spawn } from 'node:child_process';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { provider, str, u32 } from '@ringtail/tracer';

const step = provider('e2e').tracepoint('step', [
  ['role', str],
  ['pid', u32],
  ['index', u32],
]);
const [how, count, events, role = cluster.isWorker ? 'child' : 'parent'] = process.argv.slice(2);
const self = fileURLToPath(import.meta.url);

for (let index = 0; index < Number(events); index++) step(role, process.pid, index);

if (role === 'parent') {
  if (how === 'cluster') cluster.setupPrimary({ exec: self, args: process.argv.slice(2) });
  for (let child = 0; child < Number(count); child++) {
    if (how === 'fork') fork(self, [how, '0', events, 'child']);
    else if (how === 'spawn') spawn(process.execPath, [self, how, '0', events, 'child'], { stdio: 'inherit' });
    else cluster.fork();
  }
} else if (cluster.isWorker) {
  cluster.worker.disconnect();
}
