// tests/regression/tools/trigger/utils/notification-client: waits for notifications of a trigger, and of nothing else.
import { parseArgs } from 'node:util';
import { SessionDaemonClient } from '@ringtail/ctl';
import { touch } from './pace.mjs';

const { values: options } = parseArgs({
  options: {
    trigger: { type: 'string', short: 't' },
    'sync-after-notif-register': { type: 'string', short: 'a' },
    count: { type: 'string', short: 'b', default: '1' },
    'end-trigger': { type: 'string', short: 'c' },
  },
});
const count = Number(options.count);
const end = options['end-trigger'];

const client = await SessionDaemonClient.connect();
const notifications = await client.notifications();
touch(options['sync-after-notif-register']);
let received = 0;
for await (const notification of notifications) {
  if (notification.kind !== 'trigger-fired') continue;
  const { trigger } = notification.report;
  if (trigger === end) break;
  if (trigger !== options.trigger) continue;
  received += 1;
  if (end === undefined && received === count) break;
}
client.close();
process.exitCode = received === count ? 0 : 1;
