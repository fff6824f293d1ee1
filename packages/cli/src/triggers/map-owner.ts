import type { MapRowOwner } from '@ringtail/protocol';
import type { MapOwner } from '../result.ts';
import { userName } from '../users.ts';

/** Whose a counter is, with the name of the user or program. */
export function mapOwnerOf(owner: MapRowOwner): MapOwner {
  switch (owner.kind) {
    case 'user':
      return { kind: 'user', id: owner.uid, name: userName(owner.uid) };
    case 'process':
      return { kind: 'process', id: owner.pid, name: owner.procname };
    case 'shared':
      return { kind: 'shared', id: null, name: null };
  }
}

/** What tells owners apart. */
export function ownerKey(owner: MapRowOwner): string {
  return owner.kind === 'user' ? `user ${owner.uid}` : owner.kind === 'process' ? `process ${owner.pid}` : owner.kind;
}
