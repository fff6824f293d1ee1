// Each error has a code: node errors.mjs
import { CtlError, ensureDaemon, SessionDaemonClient } from 'ringtail/ctl';

const failing = [
  () => SessionDaemonClient.connect({ runDirectory: '/nowhere' }),
  () => SessionDaemonClient.connect().then((client) => client.startSession('nosuch').finally(() => client.close())),
  () => ensureDaemon({ runDirectory: '/nowhere/at/all', mainPath: '/nowhere.js' }),
];
for (const attempt of failing) {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof CtlError)) throw error;
    console.log(`${error.code}: ${error.message.split('\n')[0]}`);
  }
}
