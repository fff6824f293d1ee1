// Records events that match a filter, until there are a thousand: node create-session.mjs DIR
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DEFAULT_CHANNEL, SessionDaemonClient } from 'ringtail/ctl';

const client = await SessionDaemonClient.connect();
await client.createSession({ name: 'slow', output: resolve(process.argv[2]) });
await client.enableChannel('slow', { ...DEFAULT_CHANNEL, name: 'requests', subBufBytes: 1024 * 1024 });
await client.addContext('slow', ['procname', 'vtid'], 'requests');
await client.enableEvent('slow', { pattern: 'e2e:*', filter: 'index >= 100' }, 'requests');
await client.startSession('slow');
while ((await client.sessionStatistics('slow')).eventsRecorded < 1000) await setTimeout(100);
const { eventsRecorded } = await client.destroySession('slow');
console.log(`recorded ${eventsRecorded} events`);
client.close();
