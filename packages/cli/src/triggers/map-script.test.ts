import type { MapChannelAttributes, MapRow } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { mapScript } from './map-script.ts';

const MAP: MapChannelAttributes = {
  name: 'm',
  valueType: 'signed-int-max',
  keyCountMax: 8,
  updatePolicy: 'per-event',
  ownership: 'process',
  deadProcesses: 'sum',
};
const row = (key: string, more: Partial<MapRow> = {}): MapRow => ({
  map: 'm',
  owner: { kind: 'shared' },
  key,
  value: 1,
  overflow: false,
  ...more,
});
const insertionsOf = (script: string): string[] => script.split('\n').filter((line) => line.startsWith('INSERT INTO'));

describe('the script of maps', () => {
  it('inserts maps, owners, keys and counters, each once, before what refers to it', () => {
    const owner = { kind: 'process', uid: 1, pid: 7, procname: 'node', program: 'app.js' } as const;
    const user = { kind: 'user', uid: 0 } as const;
    const narrow = { ...MAP, name: 'n', valueType: 'signed-int-32' } as const;
    const rows = [
      row('a'),
      row('b', { value: -5, overflow: true }),
      row('a', { owner, value: Number.MAX_SAFE_INTEGER }),
      row('a', { map: 'n', owner: user }),
      row('c', { map: 'added meanwhile' }),
    ];
    expect(insertionsOf(mapScript([{ domain: 'user', maps: [MAP, narrow], rows }]))).toEqual([
      "INSERT INTO channels VALUES (1, 'm', 'user');",
      "INSERT INTO channels VALUES (2, 'n', 'user');",
      "INSERT INTO groups VALUES (1, 1, 'shared', NULL, NULL, 'signed-int-64');",
      "INSERT INTO keys VALUES (1, 'a');",
      'INSERT INTO entries VALUES (1, NULL, 1, 1, 0);',
      "INSERT INTO keys VALUES (2, 'b');",
      'INSERT INTO entries VALUES (1, NULL, 2, -5, 1);',
      "INSERT INTO groups VALUES (2, 1, 'user-per-process', 7, 'app.js', 'signed-int-64');",
      'INSERT INTO entries VALUES (2, NULL, 1, 9007199254740991, 0);',
      "INSERT INTO groups VALUES (3, 2, 'user-per-user', 0, 'root', 'signed-int-32');",
      'INSERT INTO entries VALUES (3, NULL, 1, 1, 0);',
    ]);
  });

  it('of no maps makes the tables, in one transaction with what is in them', () => {
    const script = mapScript([{ domain: 'user', maps: [], rows: [] }]);
    expect(script.match(/CREATE (TABLE|VIEW) \w+/g)).toEqual([
      'CREATE TABLE channels',
      'CREATE TABLE groups',
      'CREATE TABLE keys',
      'CREATE TABLE entries',
      'CREATE VIEW vmap',
    ]);
    expect(script).toMatch(/;\nBEGIN;\nCOMMIT;\n$/);
  });

  it.each([
    ["'); DROP TABLE keys; --", "'''); DROP TABLE keys; --'"],
    ["\\' \\", "'\\'' \\'"],
    ["''", "''''''"],
    ['a\0b', "'a\ufffdb'"],
    ["\u202e\u009b' b\u001b", "'' || char(8238, 155) || ''' b' || char(27) || ''"],
    ['"`[]$1{{', "'\"`[]$1{{'"],
  ])('quotes %j', (key, quoted) => {
    expect(mapScript([{ domain: 'user', maps: [MAP], rows: [row(key)] }])).toContain(
      `INSERT INTO keys VALUES (1, ${quoted});\n`,
    );
  });

  it('has keys once that are the same as far as they can be written', () => {
    const rows = ['\ud800', '\udfff', 'a\0', 'a\ufffd'].map((key) => row(key));
    expect(
      insertionsOf(mapScript([{ domain: 'user', maps: [MAP], rows }])).filter((line) => line.includes(' keys ')),
    ).toHaveLength(2);
  });
});
