import type { MapTable } from '../result.ts';
import type { XmlChildren } from './xml.ts';

/** Tables of maps: for a channel all in one, for an owner one each. */
export function mapTableElements(session: string, tables: readonly MapTable[]): XmlChildren {
  const of = (per: MapTable['per']): XmlChildren[] =>
    tables.filter((table) => table.per === per).map((table) => tableElement(session, table));
  return { 'show-maps': { per_channel_map_table: of('channel'), per_owner_map_table: of('owner') } };
}

function tableElement(session: string, { map, valueBits, owners, per, rows }: MapTable): XmlChildren {
  const groups = owners.map(({ kind, id, name }) => ({
    type: kind === 'shared' ? 'shared' : 'user-per-process',
    effective_value_type: `signed-int-${valueBits}`,
    ...(id !== null && { owner_id: id, owner_name: name }),
  }));
  return {
    session_name: session,
    channel_name: map,
    channel_type: 'user',
    ...(per === 'channel' ? { map_groups: { map_group: groups } } : { map_group: groups[0] ?? {} }),
    part_ids: {},
    rows: { row: rows.map(({ key, value }) => ({ key, value: { '@_has_overflow': false, '#text': value } })) },
  };
}
