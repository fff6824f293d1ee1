import { describe, expect, it } from 'vitest';
import { integerClass, member, staticArrayClass, structureClass } from '../model/field-class-builders.ts';
import type { FieldSpec } from './field-spec.ts';
import { loweredNames, lowerFields } from './lower.ts';

const U8: FieldSpec = { kind: 'integer', signed: false, bits: 8, base: 10 };

describe('lowering of field specifications', () => {
  it('keeps size, sign and display base of integers and packs them to bytes', () => {
    const spec: FieldSpec = { kind: 'integer', signed: true, bits: 64, base: 16 };
    expect(lowered(spec)).toEqual([member('x', integerClass(64, { signed: true, base: 16, align: 8 }))]);
  });

  it('puts a 32-bit length directly before a sequence, a text and bytes', () => {
    for (const spec of [{ kind: 'sequence', element: U8 }, { kind: 'text' }, { kind: 'bytes' }] as const) {
      const members = lowered(spec);
      expect(members.map(({ name }) => name)).toEqual(['_x_length', 'x']);
      expect(members[0]?.fieldClass).toEqual(integerClass(32));
      expect(members[1]?.fieldClass).toMatchObject({ length: { path: ['_x_length'] } });
    }
  });

  it('makes bytes a hexadecimal sequence in CTF 1.8 and a BLOB in CTF 2', () => {
    expect(lowered({ kind: 'bytes' }, 1)[1]?.fieldClass).toEqual({
      kind: 'dynamic-array',
      element: integerClass(8, { base: 16 }),
      length: { path: ['_x_length'] },
    });
    expect(lowered({ kind: 'bytes' }, 2)[1]?.fieldClass).toEqual({
      kind: 'dynamic-blob',
      length: { path: ['_x_length'] },
    });
  });

  it('makes a boolean an unsigned byte in CTF 1.8 and a boolean in CTF 2', () => {
    expect(lowered({ kind: 'boolean' }, 1)).toEqual([member('x', integerClass(8))]);
    expect(lowered({ kind: 'boolean' }, 2)[0]?.fieldClass).toEqual({
      kind: 'boolean',
      bits: 8,
      align: 8,
      byteOrder: 'le',
    });
  });

  it('makes an optional field a tag and a variant of nothing or the content', () => {
    const [tag, variant] = lowered({ kind: 'optional', content: U8 });
    expect(tag).toEqual(
      member('_x_tag', {
        kind: 'enumeration',
        container: integerClass(8),
        mappings: [
          { label: 'none', lower: 0n, upper: 0n },
          { label: 'some', lower: 1n, upper: 1n },
        ],
      }),
    );
    expect(variant).toEqual(
      member('x', {
        kind: 'variant',
        selector: { path: ['_x_tag'] },
        options: [
          { name: 'none', fieldClass: structureClass([]) },
          { name: 'some', fieldClass: integerClass(8) },
        ],
      }),
    );
  });

  it('puts a structure around nameless content that needs a length or a tag of its own', () => {
    const wrapped = structureClass([
      member('_value_length', integerClass(32)),
      member('value', { kind: 'dynamic-array', element: integerClass(8), length: { path: ['_value_length'] } }),
    ]);
    const inner: FieldSpec = { kind: 'sequence', element: U8 };
    expect(lowered({ kind: 'sequence', element: inner })[1]?.fieldClass).toMatchObject({ element: wrapped });
    expect(lowered({ kind: 'array', element: inner, length: 3 })).toEqual([member('x', staticArrayClass(wrapped, 3))]);
    expect(lowered({ kind: 'optional', content: inner })[1]?.fieldClass).toMatchObject({
      options: [{ name: 'none' }, { name: 'some', fieldClass: wrapped }],
    });
  });

  it('nests arrays of arrays without structures between them', () => {
    const inner: FieldSpec = { kind: 'array', element: U8, length: 2 };
    expect(lowered({ kind: 'array', element: inner, length: 3 })).toEqual([
      member('x', staticArrayClass(staticArrayClass(integerClass(8), 2), 3)),
    ]);
  });

  it('leaves filter-only fields out', () => {
    expect(lowered({ kind: 'filter-only', content: U8 })).toEqual([]);
  });

  it('keeps enumeration bounds beyond 2^53 exact', () => {
    const container = { kind: 'integer', signed: false, bits: 64, base: 10 } as const;
    const spec: FieldSpec = { kind: 'enumeration', container, ranges: [['big', '0', '18446744073709551615']] };
    expect(lowered(spec)[0]?.fieldClass).toMatchObject({ mappings: [{ label: 'big', upper: 2n ** 64n - 1n }] });
  });

  it('names the members in advance that it makes', () => {
    const kinds: FieldSpec[] = [
      U8,
      { kind: 'text' },
      { kind: 'bytes' },
      { kind: 'sequence', element: U8 },
      { kind: 'optional', content: U8 },
      { kind: 'filter-only', content: U8 },
    ];
    for (const spec of kinds) {
      expect(loweredNames({ name: 'x', spec })).toEqual(lowered(spec).map(({ name }) => name));
    }
  });
});

function lowered(spec: FieldSpec, version: 1 | 2 = 1) {
  return lowerFields([{ name: 'x', spec }], version).members;
}
