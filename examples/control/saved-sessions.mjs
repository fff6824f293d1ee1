// Saves all sessions, destroys them, and loads them with other outputs: node saved-sessions.mjs DIR
import { join, resolve } from 'node:path';
import { loadSessions, SessionDaemonClient, saveSessions } from 'ringtail/ctl';

const directory = resolve(process.argv[2]);
const client = await SessionDaemonClient.connect();
const saved = await saveSessions(client, { sessions: null, directory, force: true });
for (const { session, path } of saved) console.log(`${session} is saved in ${path}`);
for (const { session } of saved) await client.destroySession(session);
const outputOf = ({ name }) => join(directory, 'traces', name);
for (const { session } of await loadSessions(client, { sessions: null, paths: [directory], outputOf })) {
  console.log(`${session} is loaded`);
}
client.close();
