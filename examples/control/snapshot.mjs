// Runs a flight recorder for a second and records a snapshot of it: node snapshot.mjs DIR
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { SessionDaemonClient } from 'ringtail/ctl';

const client = await SessionDaemonClient.connect();
await client.createSession({ name: 'black-box', output: resolve(process.argv[2]), snapshot: true });
await client.enableEvent('black-box', { pattern: '*' });
await client.startSession('black-box');
await setTimeout(1000);
const { path, statistics } = await client.recordSnapshot('black-box', { name: 'incident', maxBytes: 16 * 1024 * 1024 });
console.log(`${statistics.eventsRecorded} events in ${path}`);
await client.destroySession('black-box');
client.close();
