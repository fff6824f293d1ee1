import type { MapRow } from '@ringtail/protocol';
import { expect, it } from 'vitest';
import { jsonOfRows } from './map-rows.ts';

const row = (map: string, key: string): MapRow => ({ map, owner: { kind: 'shared' }, key, value: 1, overflow: false });

it('rows of maps are written as one list, without maps that have no rows', () => {
  const tables = [[], [row('a', 'k"\u{1234}'), row('a', 'l')], [], [row('b', 'm')]];
  const maps = tables.map((rows) => ({ rows: () => rows }));
  expect(JSON.parse(jsonOfRows(maps).pieces.join(''))).toEqual(tables.flat());
  expect(JSON.parse(jsonOfRows([]).pieces.join(''))).toEqual([]);
});

it('rows of maps that are too long are refused before the next map is read', () => {
  let read = 0;
  function* maps() {
    for (; ; read++) yield { rows: () => [row('a', 'k'.repeat(1000))] };
  }
  expect(() => jsonOfRows(maps(), 2 ** 20)).toThrow('take more than 1 MiB: name one map');
  expect(read).toBeLessThan(1050);
});
