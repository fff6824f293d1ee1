import { type MapChannelAttributes, type MapRow, matchesPattern } from '@ringtail/protocol';
import type { MapOwner, MapTable } from '../result.ts';

/** Which counters are shown, and how. */
export interface MapSelection {
  /** Empty: all. So with the others. */
  readonly maps: readonly string[];
  readonly uids: readonly number[];
  readonly pids: readonly number[];
  readonly keys: readonly string[];
  readonly keyPatterns: readonly string[];
  /** Sums of processes that have ended alone, or running processes alone; null: both. */
  readonly only: 'shared' | 'processes' | null;
  readonly nonZero: boolean;
  readonly per: 'channel' | 'owner';
  readonly sortBy: 'key' | 'value';
  readonly descending: boolean;
  readonly limit: number | null;
}

/** Tables of a session's maps, in the order in which the session has them. */
export function mapTables(
  maps: readonly MapChannelAttributes[],
  rows: readonly MapRow[],
  selection: MapSelection,
): MapTable[] {
  return maps
    .filter(({ name }) => selection.maps.length === 0 || selection.maps.includes(name))
    .flatMap(({ name, valueBits }) => {
      const own = rows.filter((row) => row.map === name && isSelected(row, selection));
      const byOwner = groupRows(own);
      const table = (owners: readonly MapOwner[], of: readonly MapRow[]): MapTable => ({
        map: name,
        valueBits,
        per: selection.per,
        owners,
        rows: arranged(summed(of), selection),
      });
      if (selection.per === 'channel')
        return [
          table(
            [...byOwner.values()].map(({ owner }) => owner),
            own,
          ),
        ];
      return [...byOwner.values()].map(({ owner, rows: of }) => table([owner], of));
    });
}

function isSelected(row: MapRow, { uids, pids, keys, keyPatterns, only }: MapSelection): boolean {
  if (uids.length > 0 && !uids.includes(row.uid)) return false;
  if (pids.length > 0 && (row.pid === null || !pids.includes(row.pid))) return false;
  if (only !== null && (row.pid === null) !== (only === 'shared')) return false;
  if (keys.length === 0 && keyPatterns.length === 0) return true;
  return keys.includes(row.key) || keyPatterns.some((pattern) => matchesPattern(pattern, row.key));
}

function groupRows(rows: readonly MapRow[]): Map<string, { readonly owner: MapOwner; readonly rows: MapRow[] }> {
  const groups = new Map<string, { readonly owner: MapOwner; readonly rows: MapRow[] }>();
  for (const row of [...rows].sort((a, b) => (a.pid ?? 0) - (b.pid ?? 0))) {
    const id = `${row.uid}:${row.pid}`;
    const group = groups.get(id) ?? { owner: ownerOf(row), rows: [] };
    group.rows.push(row);
    groups.set(id, group);
  }
  return groups;
}

function ownerOf({ pid, uid }: MapRow): MapOwner {
  if (pid === null) return { kind: 'shared', id: null, name: `ended processes of user ${uid}` };
  return { kind: 'process', id: pid, name: `process ${pid} of user ${uid}` };
}

function summed(rows: readonly MapRow[]): { key: string; value: number }[] {
  const sums = new Map<string, number>();
  for (const { key, value } of rows) sums.set(key, (sums.get(key) ?? 0) + value);
  return [...sums].map(([key, value]) => ({ key, value }));
}

function arranged(rows: { key: string; value: number }[], selection: MapSelection): { key: string; value: number }[] {
  const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
  const sign = selection.descending ? -1 : 1;
  const sorted = rows
    .filter(({ value }) => !selection.nonZero || value !== 0)
    .sort((a, b) => sign * (selection.sortBy === 'value' ? a.value - b.value : byKey(a, b)) || byKey(a, b));
  return selection.limit === null ? sorted : sorted.slice(0, selection.limit);
}
