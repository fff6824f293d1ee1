// Leaves a child behind that still runs for some time: node orphan.mjs
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { provider, u32 } from '@ringtail/tracer';

const step = provider('e2e').tracepoint('step', [['index', u32]]);
step(1);
if (process.argv[2] === 'child') {
  process.send('up');
  process.disconnect();
  setTimeout(() => undefined, 60_000);
} else {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'child'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.once('message', () => {
    console.log(`child ${child.pid}`);
    child.unref();
    child.disconnect();
  });
}
