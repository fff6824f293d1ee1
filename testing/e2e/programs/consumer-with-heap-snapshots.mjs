// A consumer daemon that writes a heap snapshot into its user's home at SIGUSR2, since it is started without
// NODE_OPTIONS.
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';

process.on('SIGUSR2', () => writeHeapSnapshot(join(process.env.RINGTAIL_HOME, `${process.pid}.heapsnapshot`)));
await import('../../../packages/cli/bundle/ringtail-consumerd.js');
