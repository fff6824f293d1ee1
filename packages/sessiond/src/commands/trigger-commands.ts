import { primaryGroupOf } from '@ringtail/posix/accounts';
import type { MapRow } from '@ringtail/protocol';
import type { Client } from '../clients/client.ts';
import { jsonList } from '../clients/json-text.ts';
import { DaemonError } from '../model/daemon-error.ts';
import { type Owner, ownerFor } from '../model/session.ts';
import type { CounterMap } from '../triggers/maps/counter-map.ts';
import { jsonOfRows } from '../triggers/maps/map-rows.ts';
import type { CommandServices } from './command-services.ts';
import type { DaemonHandlers, SessionHandlers } from './handlers.ts';

export function triggerCommands({ triggers, publisher, turns }: CommandServices) {
  return {
    'add-trigger': async ({ trigger, ownerUid }, client) => {
      const name = triggers.add(trigger, triggerOwner(client, ownerUid));
      // When the command is answered, it holds for the next event of every thread.
      await publisher.published();
      return { name };
    },
    'remove-trigger': async ({ name, ownerUid }, client) => {
      triggers.remove(name, triggerOwner(client, ownerUid).uid);
      await publisher.published();
      return null;
    },
    'list-triggers': (_, client) => turns.inSlices(client.uid, jsonList(triggers.describe(client))),
  } satisfies Partial<DaemonHandlers>;
}

export function mapCommands({ registry, triggers, drainApplications }: CommandServices) {
  return {
    'add-map': (session, { map }) => {
      return { name: registry.addMap(session, map) };
    },
    'show-maps': (session, { map }) => {
      // Keys that threads have announced and nobody has read yet.
      drainApplications();
      if (map !== null && !session.maps.has(map)) {
        throw new DaemonError('NO_MAP', `the session ${session.name} has no map ${map}`);
      }
      const chosen = [...session.maps.values()].filter(({ attributes }) => map === null || attributes.name === map);
      return jsonOfRows(tablesOf(chosen, triggers));
    },
  } satisfies Partial<SessionHandlers>;
}

function* tablesOf(maps: readonly CounterMap[], triggers: CommandServices['triggers']): Iterable<readonly MapRow[]> {
  for (const map of maps) yield triggers.rowsOf(map);
}

/** The client's own user; root may name another. */
function triggerOwner(client: Client, uid: number | null): Owner {
  if (uid === null || uid === client.uid) return ownerFor(client);
  if (client.uid !== 0) throw new DaemonError('NOT_PERMITTED', 'only root may have triggers of other users');
  const gid = primaryGroupOf(uid);
  if (gid === undefined) throw new DaemonError('BAD_PARAMETER', `there is no user ${uid}`);
  return ownerFor({ uid, gid });
}
