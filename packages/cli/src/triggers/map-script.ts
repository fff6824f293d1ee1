import { replaceUnsafe } from '@ringtail/base/text';
import type { DomainName, MapChannelAttributes, MapRow } from '@ringtail/protocol';
import { inOrderOfNames, mapOwnerOf, ownerKey } from './map-owner.ts';

/**
 * Tables, columns and view of LTTng's `export-maps --format=sqlite`, so that queries for LTTng work.
 *
 * @see lttng-export-maps(1) of LTTng 2.16, SQL schema
 */
const SCHEMA = `CREATE TABLE channels (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('kernel', 'user')),
  UNIQUE (name, type)
);
CREATE TABLE groups (
  id INTEGER PRIMARY KEY,
  channel_id INTEGER NOT NULL REFERENCES channels (id),
  type TEXT NOT NULL CHECK (type IN ('kernel-global', 'user-per-user', 'user-per-process', 'shared')),
  owner_id INTEGER,
  owner_name TEXT,
  value_type TEXT NOT NULL CHECK (value_type IN ('signed-int-32', 'signed-int-64')),
  CHECK ((owner_id IS NOT NULL) = (type IN ('user-per-user', 'user-per-process')))
);
CREATE TABLE keys (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE entries (
  group_id INTEGER NOT NULL REFERENCES groups (id),
  part_id INTEGER,
  key_id INTEGER NOT NULL REFERENCES keys (id),
  value INTEGER NOT NULL,
  has_overflow INTEGER NOT NULL CHECK (has_overflow IN (0, 1))
);
CREATE VIEW vmap AS
  SELECT channels.name AS channel_name, channels.type AS channel_type, groups.type AS group_type,
    groups.owner_id AS owner_id, groups.owner_name AS owner_name, groups.value_type AS value_type,
    entries.part_id AS part_id, keys.name AS key, entries.value AS value, entries.has_overflow AS has_overflow
  FROM entries
    JOIN groups ON groups.id = entries.group_id
    JOIN channels ON channels.id = groups.channel_id
    JOIN keys ON keys.id = entries.key_id;
`;

/** The maps that a session has in one domain, with their counters. */
export interface ExportedDomain {
  readonly domain: DomainName;
  readonly maps: readonly MapChannelAttributes[];
  readonly rows: readonly MapRow[];
}

/**
 * A script for SQLite that creates tables with all maps of a session, and every counter with its owner.
 * Counters belong to whole users and processes, so none has a part.
 */
export function mapScript(domains: readonly ExportedDomain[]): string {
  const lines: string[] = [];
  const groups = new Map<string, number>();
  const keys = new Map<string, number>();
  let channelCount = 0;
  const exported = domains.map(({ domain, maps, rows }) => {
    const channels = new Map(inOrderOfNames(maps).map((map) => [map.name, { map, id: ++channelCount }]));
    for (const [name, { id }] of channels) lines.push(insert('channels', id, quoted(name), quoted(domain)));
    return { channels, rows };
  });
  for (const { channels, rows } of exported) {
    for (const { map, owner, key, value, overflow } of rows) {
      const channel = channels.get(map);
      if (channel === undefined) continue;
      const channelId = channel.id;
      const groupId = idIn(groups, `${channelId} ${ownerKey(owner)}`, (id) => {
        const { kind, id: ownerId, name, valueBits } = mapOwnerOf(channel.map, owner);
        const type = kind === 'shared' ? "'shared'" : `'user-per-${kind}'`;
        const ownerName = name === null ? 'NULL' : quoted(name);
        lines.push(insert('groups', id, channelId, type, ownerId ?? 'NULL', ownerName, `'signed-int-${valueBits}'`));
      });
      const keyText = quoted(key);
      const keyId = idIn(keys, keyText, (id) => lines.push(insert('keys', id, keyText)));
      lines.push(insert('entries', groupId, 'NULL', keyId, value, overflow ? 1 : 0));
    }
  }
  return `${SCHEMA}BEGIN;\n${lines.join('')}COMMIT;\n`;
}

/** The number of a name. A new name gets the next number and is added. */
function idIn(ids: Map<string, number>, name: string, add: (id: number) => void): number {
  let id = ids.get(name);
  if (id === undefined) {
    id = ids.size + 1;
    ids.set(name, id);
    add(id);
  }
  return id;
}

function insert(table: string, ...values: readonly (string | number)[]): string {
  return `INSERT INTO ${table} VALUES (${values.join(', ')});\n`;
}

/**
 * A text literal of SQLite: a backslash is literal, a single quote is doubled, unsafe characters are calls of `char`.
 * NUL and lone surrogates, which a text of SQLite cannot hold, are replaced.
 */
function quoted(text: string): string {
  const written = Buffer.from(text).toString().replaceAll('\0', '\ufffd').replaceAll("'", "''");
  return `'${replaceUnsafe(written, (unsafe) => {
    const points = [...unsafe].map((character) => character.codePointAt(0));
    return `' || char(${points.join(', ')}) || '`;
  })}'`;
}
