import { RINGTAIL_VERSION } from '@ringtail/base';
import { CLIENT_PROTOCOL_VERSION, type ConsumerStatus, type DaemonStatus } from '@ringtail/protocol';
import type { DaemonHandlers, Result } from '../clients/handlers.ts';
import { DaemonError } from '../model/daemon-error.ts';
import type { CommandServices } from './command-services.ts';

/** Commands about the daemon itself. */
export function daemonCommands({
  registry,
  domains,
  consumers,
  notifications,
  runDirectory,
  missingGroup,
  now,
}: CommandServices) {
  const startedAt = now().toISOString();
  return {
    'daemon-status': (_, client) => ({
      pid: process.pid,
      version: RINGTAIL_VERSION,
      runDirectory,
      missingGroup,
      startedAt,
      ...consumerOf(consumers.status(client), client.uid),
      applications: domains.countPrograms(client),
      sessions: registry.countFor(client),
      memoryBytes: process.memoryUsage.rss(),
    }),
    hello: ({ protocol }) => hello(protocol),
    subscribe: (_, client) => {
      notifications.subscribe(client);
      return null;
    },
  } satisfies Partial<DaemonHandlers>;
}

/** Of several consumers, the one of this client is told by itself. */
function consumerOf(
  consumers: readonly ConsumerStatus[],
  uid: number,
): Pick<DaemonStatus, 'consumerPid' | 'consumerRestarts' | 'consumers'> {
  const own = consumers.find((consumer) => consumer.uid === uid) ?? consumers[0];
  return { consumerPid: own?.pid ?? null, consumerRestarts: own?.restarts ?? 0, consumers };
}

function hello(protocol: number): Result<'hello'> {
  if (protocol === CLIENT_PROTOCOL_VERSION) return { daemonVersion: RINGTAIL_VERSION, pid: process.pid };
  throw new DaemonError(
    'PROTOCOL_VERSION',
    `this session daemon (version ${RINGTAIL_VERSION}) speaks version ${CLIENT_PROTOCOL_VERSION} of the client protocol`,
  );
}
