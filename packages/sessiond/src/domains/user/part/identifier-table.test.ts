import type { JsonValue } from '@ringtail/protocol';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testPool, testShares } from '../../../testing/shares.test.support.ts';
import { EventSpecs } from './event-specs.ts';
import { canonicalJson, type Declaration, IdentifierTable } from './identifier-table.ts';

function newTable(): IdentifierTable {
  const { kept } = testShares();
  return new IdentifierTable(UID, new EventSpecs(kept), kept);
}

type Identified = Extract<Declaration, { kind: 'identified' }>;

function declared(table: IdentifierTable, ...specs: JsonValue[]): Identified {
  const declaration = table.declare(specs);
  if (declaration.kind === 'refused') throw new Error(declaration.message);
  return declaration;
}

const a = { name: 'p:a', logLevel: 6, fields: [] };
const b = { name: 'p:b', logLevel: 6, fields: [{ name: 'x', spec: { kind: 'string' } }] };

function shuffled(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(shuffled);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, shuffled(member)]),
  );
}

const UID = process.geteuid?.() ?? 0;

describe('IdentifierTable', () => {
  it('numbers descriptions from 0 and knows equal ones again', () => {
    const table = newTable();
    expect(declared(table, a, b, a).ids).toEqual([0, 1, 0]);
    expect(declared(table, b, { fields: [], logLevel: 6, name: 'p:a' }).ids).toEqual([1, 0]);
    expect(declared(table, { ...a, logLevel: 7 }).ids).toEqual([2]);
  });

  it('sends each description once, and lets others wait for it', () => {
    const table = newTable();
    const first = declared(table, a, a);
    expect(first.unsent?.events).toEqual([{ id: 0, spec: a }]);
    expect(first.unconfirmed).toEqual([first.unsent]);
    const second = declared(table, b, a);
    expect(second.unsent?.events).toEqual([{ id: 1, spec: b }]);
    expect(new Set(second.unconfirmed)).toEqual(new Set([first.unsent, second.unsent]));
  });

  it('depends on nothing once everything is confirmed', () => {
    const table = newTable();
    table.confirm(declared(table, a).unsent!);
    expect(declared(table, a)).toEqual({ kind: 'identified', ids: [0], unsent: undefined, unconfirmed: [] });
  });

  it('sends what could not be written again, under the same identifier', () => {
    const table = newTable();
    table.withdraw(declared(table, a, b).unsent!);
    const again = declared(table, b);
    expect(again.ids).toEqual([1]);
    expect(again.unsent?.events).toEqual([{ id: 1, spec: b }]);
  });

  it('refuses more than a channel may have, and forgets nothing for it', () => {
    const table = newTable();
    const many = Array.from({ length: 65_536 }, (_, idx) => ({ name: `p:${idx}` }));
    declared(table, ...many);
    expect(table.declare([{ name: 'one more' }]).kind).toBe('refused');
    expect(declared(table, { name: 'p:65535' }).ids).toEqual([65_535]);
  });

  it('refuses what the share of the user has no room for, and gives all back at its end', () => {
    const pool = testPool(4000);
    const specs = new EventSpecs(pool);
    const table = new IdentifierTable(1001, specs, pool);
    declared(table, a);
    const { used } = pool;
    const long = { name: 'x'.repeat(5000) };
    expect(table.declare([b, long])).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('the share of user 1001 is used up'),
    });
    expect(pool.used).toBe(used);
    expect(declared(table, b).ids).toEqual([1]);
    table.release();
    specs.release();
    expect(pool.used).toBe(0);
  });
});

describe('canonicalJson', () => {
  it('is one text for all orders of members, and the value again when parsed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (generated) => {
        const value = JSON.parse(JSON.stringify(generated)) as JsonValue;
        expect(canonicalJson(shuffled(value) as JsonValue)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });
});
