import { primaryGroupOf } from '@ringtail/posix/accounts';
import type { DaemonHandlers } from '../clients/handlers.ts';
import { jsonList } from '../clients/json-text.ts';
import type { Client } from '../model/client.ts';
import { DaemonError } from '../model/daemon-error.ts';
import { type Owner, ownerFor } from '../model/owner.ts';
import { domainsOf } from '../triggers/trigger-check.ts';
import type { CommandServices } from './command-services.ts';

export function triggerCommands({ triggers, domains, turns }: CommandServices) {
  return {
    'add-trigger': async ({ trigger, ownerUid }, client) => {
      for (const domain of domainsOf(trigger)) domains.present(domain);
      const name = triggers.add(trigger, triggerOwner(client, ownerUid));
      // When the command is answered, it holds for the next event of every thread.
      await domains.published();
      return { name };
    },
    'remove-trigger': async ({ name, ownerUid }, client) => {
      triggers.remove(name, triggerOwner(client, ownerUid).uid);
      await domains.published();
      return null;
    },
    'list-triggers': (_, client) => turns.inSlices(client.uid, jsonList(triggers.describe(client))),
  } satisfies Partial<DaemonHandlers>;
}

/** The client's own user; root may name another. */
function triggerOwner(client: Client, uid: number | null): Owner {
  if (uid === null || uid === client.uid) return ownerFor(client);
  if (client.uid !== 0) throw new DaemonError('NOT_PERMITTED', 'only root may have triggers of other users');
  const gid = primaryGroupOf(uid);
  if (gid === undefined) throw new DaemonError('BAD_PARAMETER', `there is no user ${uid}`);
  return ownerFor({ uid, gid });
}
