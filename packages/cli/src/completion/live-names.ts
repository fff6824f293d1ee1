import type { SessionDaemonClient } from '@ringtail/ctl';
import type { LiveKind } from './suggest.ts';

/** Names of that kind, as the session daemon knows them; channels and maps are those of all sessions. */
export async function liveNames(client: SessionDaemonClient, kind: LiveKind): Promise<readonly string[]> {
  switch (kind) {
    case 'session':
      return (await client.listSessions()).map(({ name }) => name);
    case 'channel':
      return (await client.listSessions()).flatMap(({ channels }) => channels.map(({ name }) => name));
    case 'map':
      return (await client.listSessions()).flatMap(({ maps }) => maps.map(({ name }) => name));
    case 'context':
      return (await client.listContexts()).filter(({ refused }) => refused === null).map(({ name }) => name);
    case 'rule':
      return (await client.listSessions()).flatMap(({ channels }) =>
        channels.flatMap(({ rules }) => rules.map(({ pattern }) => pattern)),
      );
    case 'event': {
      const [applications, rules] = await Promise.all([
        client.listApplications({ fields: false }),
        liveNames(client, 'rule'),
      ]);
      return [...applications.flatMap(({ tracepoints }) => tracepoints.map(({ name }) => name)), ...rules];
    }
  }
}
