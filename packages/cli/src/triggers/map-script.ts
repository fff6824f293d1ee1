import { replaceUnsafe } from '@ringtail/base/text';
import type { MapChannelAttributes, MapRow } from '@ringtail/protocol';
import { inOrderOfNames, mapOwnerOf, ownerKey } from './map-owner.ts';

/**
 * Tables, columns and view of LTTng's `export-maps --format=sqlite`, so that queries that were written for it work.
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

/**
 * Counters of a session as a script for SQLite that makes the tables and fills them: every map, and every counter with what has
 * it. Counters belong to users and processes as a whole, so none has a part.
 */
export function mapScript(maps: readonly MapChannelAttributes[], rows: readonly MapRow[]): string {
  const lines: string[] = [];
  const groups = new Map<string, number>();
  const keys = new Map<string, number>();
  const channels = new Map(inOrderOfNames(maps).map((map, at) => [map.name, { map, id: at + 1 }]));
  for (const [name, { id }] of channels) lines.push(insert('channels', id, quoted(name), "'user'"));

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
  return `${SCHEMA}BEGIN;\n${lines.join('')}COMMIT;\n`;
}

/** The number of what has that name, which is added with the next one where it is new. */
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
 * A text as SQLite reads it: a backslash is one, a single quote is doubled, unsafe characters are calls of `char`. What cannot be in a
 * text of SQLite is not in its output either: a character that ends C's texts, and halves of characters.
 */
function quoted(text: string): string {
  const written = Buffer.from(text).toString().replaceAll('\0', '\ufffd').replaceAll("'", "''");
  return `'${replaceUnsafe(written, (unsafe) => {
    const points = [...unsafe].map((character) => character.codePointAt(0));
    return `' || char(${points.join(', ')}) || '`;
  })}'`;
}
