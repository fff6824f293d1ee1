import type { DomainName, MapChannelAttributes, MapRow, MapRowOwner } from '@ringtail/protocol';
import type { MapOwner, MapTable, MapTableRow } from '../command-result.ts';
import { matchesShellPattern } from '../session/shell-pattern.ts';
import { inOrderOfNames, mapOwnerOf, ownerKey } from './map-owner.ts';

/**
 * Selection and order of the counters. Choices of one kind are alternatives; choices of several kinds must all match.
 */
export interface MapSelection {
  /** Names of maps; empty for all, as with keys. */
  readonly maps: readonly string[];
  readonly owners: OwnerSelection;
  readonly keys: readonly string[];
  readonly keyPatterns: readonly string[];
  readonly nonZero: boolean;
  readonly per: 'channel' | 'owner';
  readonly sortBy: 'key' | 'value';
  readonly descending: boolean;
  readonly limit: number | null;
}

/** Owners of the counters; all owners where nothing is chosen. */
export interface OwnerSelection {
  readonly uids: readonly number[] | 'all';
  readonly pids: readonly number[] | 'all';
  readonly shared: boolean;
  /** Counters of the kernel. */
  readonly system: boolean;
}

/** Tables of the maps that a session has in a domain, in the order of their names. A table without rows is left out. */
export function mapTables(
  domain: DomainName,
  maps: readonly MapChannelAttributes[],
  rows: readonly MapRow[],
  selection: MapSelection,
): MapTable[] {
  return inOrderOfNames(maps)
    .filter(({ name }) => selection.maps.length === 0 || selection.maps.includes(name))
    .flatMap((map) => {
      const own = rows.filter((row) => row.map === map.name && isSelected(row, selection));
      const groups = [...groupByOwner(map, own).values()];
      const table = (owners: readonly MapOwner[], of: readonly MapRow[]): MapTable => ({
        domain,
        map: map.name,
        per: selection.per,
        owners,
        rows: arranged(summed(of), selection),
      });
      if (selection.per === 'owner') return groups.map(({ owner, rows: of }) => table([owner], of));
      const owners = groups.map(({ owner }) => owner);
      return own.length === 0 ? [] : [table(owners, own)];
    });
}

function isSelected({ owner, key, value }: MapRow, selection: MapSelection): boolean {
  const { owners, keys, keyPatterns, nonZero } = selection;
  if (!isOwnerSelected(owner, owners) || (nonZero && value === 0)) return false;
  if (keys.length === 0 && keyPatterns.length === 0) return true;
  return keys.includes(key) || keyPatterns.some((pattern) => matchesShellPattern(pattern, key));
}

function isOwnerSelected(owner: MapRowOwner, { uids, pids, shared, system }: OwnerSelection): boolean {
  if (uids.length === 0 && pids.length === 0 && !shared && !system) return true;
  switch (owner.kind) {
    case 'user':
      return uids === 'all' || uids.includes(owner.uid);
    case 'process':
      return pids === 'all' || pids.includes(owner.pid);
    case 'shared':
      return shared;
  }
}

function groupByOwner(
  map: MapChannelAttributes,
  rows: readonly MapRow[],
): Map<string, { readonly owner: MapOwner; readonly rows: MapRow[] }> {
  const groups = new Map<string, { readonly owner: MapOwner; readonly rows: MapRow[] }>();
  for (const row of rows) {
    const id = ownerKey(row.owner);
    const group = groups.get(id) ?? { owner: mapOwnerOf(map, row.owner), rows: [] };
    group.rows.push(row);
    groups.set(id, group);
  }
  return groups;
}

function summed(rows: readonly MapRow[]): MapTableRow[] {
  const sums = new Map<string, MapTableRow>();
  for (const { key, value, overflow } of rows) {
    const sum = sums.get(key);
    sums.set(key, { key, value: (sum?.value ?? 0) + value, overflow: overflow || sum?.overflow === true });
  }
  return [...sums.values()];
}

function arranged(rows: readonly MapTableRow[], selection: MapSelection): MapTableRow[] {
  const byKey = (a: MapTableRow, b: MapTableRow): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
  const sign = selection.descending ? -1 : 1;
  const sorted = [...rows].sort(
    (a, b) => sign * (selection.sortBy === 'value' ? a.value - b.value : byKey(a, b)) || byKey(a, b),
  );
  return selection.limit === null ? sorted : sorted.slice(0, selection.limit);
}
