import type { SessionDaemonClient } from '@ringtail/ctl';
import type { DomainDescription } from '@ringtail/protocol';
import type { DaemonKind } from './suggest.ts';

/** Names of a kind, as the session daemon knows them; names of channels, maps and rules are those of all sessions. */
export async function liveNames(client: SessionDaemonClient, kind: DaemonKind): Promise<readonly string[]> {
  switch (kind) {
    case 'session':
      return (await client.listSessions()).map(({ name }) => name);
    case 'channel':
      return (await domainsOf(client)).flatMap(({ channels }) => channels.map(({ name }) => name));
    case 'map':
      return (await domainsOf(client)).flatMap(({ maps }) => maps.map(({ name }) => name));
    case 'context':
      return (await client.listContexts()).filter(({ refused }) => refused === null).map(({ name }) => name);
    case 'rule':
      return (await domainsOf(client)).flatMap(({ channels }) =>
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

async function domainsOf(client: SessionDaemonClient): Promise<DomainDescription[]> {
  return (await client.listSessions()).flatMap(({ domains }) => domains);
}
