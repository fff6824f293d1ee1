import type { MapChannelAttributes } from '@ringtail/protocol';
import type { XmlChildren } from '@ringtail/session-file/internal';
import type { MapOwner, MapTable } from '../command-result.ts';

const GROUP_TYPES: Readonly<Record<MapOwner['kind'], string>> = {
  user: 'user-per-user',
  process: 'user-per-process',
  shared: 'shared',
};

/** Tables of maps: one for each channel, or one for each owner. */
export function mapTableElements(session: string, tables: readonly MapTable[]): XmlChildren {
  const of = (per: MapTable['per']): XmlChildren[] =>
    tables.filter((table) => table.per === per).map((table) => tableElement(session, table));
  return { 'show-maps': { per_channel_map_table: of('channel'), per_owner_map_table: of('owner') } };
}

function tableElement(session: string, { domain, map, owners, per, rows }: MapTable): XmlChildren {
  const groups = owners.map(({ kind, id, name, valueBits }) => ({
    type: GROUP_TYPES[kind],
    effective_value_type: `signed-int-${valueBits}`,
    ...(id !== null && { owner_id: id, owner_name: name ?? '' }),
  }));
  return {
    session_name: session,
    channel_name: map,
    channel_type: domain,
    ...(per === 'channel' ? { map_groups: { map_group: groups } } : { map_group: groups[0] ?? {} }),
    part_ids: {},
    rows: {
      row: rows.map(({ key, value, overflow }) => ({ key, value: { '@_has_overflow': overflow, '#text': value } })),
    },
  };
}

/** A map without its counters, as `list` shows it. */
export function mapChannelElement(map: MapChannelAttributes): XmlChildren {
  const isPerProcess = map.ownership === 'process';
  return {
    name: map.name,
    enabled: true,
    value_type: map.valueType,
    max_key_count: map.keyCountMax,
    update_policy: map.updatePolicy,
    buffer_ownership: isPerProcess ? 'per-pid' : 'per-uid',
    ...(isPerProcess && { dead_group_policy: map.deadProcesses === 'drop' ? 'drop' : 'sum-into-shared' }),
  };
}
