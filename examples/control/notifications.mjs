// Prints notifications until a session is destroyed: node notifications.mjs
import { SessionDaemonClient } from 'ringtail/ctl';

const client = await SessionDaemonClient.connect();
const notifications = await client.notifications();
console.log(`listening to the session daemon ${client.daemonPid}`);
for await (const notification of notifications) {
  if (notification.kind === 'application-registered')
    console.log(`${notification.program} ${notification.pid} has registered`);
  else console.log(notification.kind, 'session' in notification ? notification.session : '');
  if (notification.kind === 'session-destroyed') break;
}
client.close();
