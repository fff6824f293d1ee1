import { userName } from '@ringtail/posix/accounts';
import { type MapChannelAttributes, type MapRowOwner, mapValueBits } from '@ringtail/protocol';
import type { MapOwner } from '../command-result.ts';

/** The owner of a counter, with the name of the user or program. */
export function mapOwnerOf(map: MapChannelAttributes, owner: MapRowOwner): MapOwner {
  const valueBits = mapValueBits(map, owner.kind);
  switch (owner.kind) {
    case 'user':
      return { kind: 'user', id: owner.uid, name: userName(owner.uid), valueBits };
    case 'process':
      return { kind: 'process', id: owner.pid, name: owner.program, valueBits };
    case 'shared':
      return { kind: 'shared', id: null, name: null, valueBits };
  }
}

/** Maps in the order in which LTTng shows and exports them. */
export function inOrderOfNames(maps: readonly MapChannelAttributes[]): MapChannelAttributes[] {
  return [...maps].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Key of an owner, unique among the owners of a map. */
export function ownerKey(owner: MapRowOwner): string {
  return owner.kind === 'user' ? `user ${owner.uid}` : owner.kind === 'process' ? `process ${owner.pid}` : owner.kind;
}
