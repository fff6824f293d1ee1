import { describe, expect, it } from 'vitest';
import type { EnumerationFieldClass, IntegerFieldClass, VariantFieldClass } from '../model/field-class.ts';
import {
  COMPACT_EVENT_HEADER,
  compactEventHeaderClass,
  LARGE_EVENT_HEADER,
  largeEventHeaderClass,
} from './event-header.ts';

describe.each([
  ['compact', COMPACT_EVENT_HEADER, compactEventHeaderClass('c')],
  ['large', LARGE_EVENT_HEADER, largeEventHeaderClass('c')],
] as const)('the %s event header', (_, layout, structure) => {
  const id = structure.members[0]?.fieldClass as EnumerationFieldClass;
  const container = id.container as IntegerFieldClass;
  const variant = structure.members[1]?.fieldClass as VariantFieldClass;

  it('selects the extended form by the largest identifier of its short form', () => {
    expect(container.bits).toBe(layout.idBits);
    expect(layout.extendedId).toBe(2 ** layout.idBits - 1);
    expect(id.mappings).toEqual([
      { label: 'compact', lower: 0n, upper: BigInt(layout.extendedId - 1) },
      { label: 'extended', lower: BigInt(layout.extendedId), upper: BigInt(layout.extendedId) },
    ]);
    expect(variant).toMatchObject({ selector: { path: ['id'] }, options: [{ name: 'compact' }, { name: 'extended' }] });
  });

  it('has the size and the fields of the layout', () => {
    const [short, extended] = variant.options.map(({ fieldClass }) => {
      return fieldClass.kind === 'structure'
        ? fieldClass.members.map((member) => member.fieldClass as IntegerFieldClass)
        : [];
    });
    expect(endsOf([container, ...(short ?? [])]).at(-1)).toBe(8 * layout.shortBytes);
    const ends = endsOf([container, ...(extended ?? [])]);
    expect(ends[1]).toBe(8 * layout.extendedIdOffset + 32);
    expect(ends[2]).toBe(8 * layout.extendedTimestampOffset + 64);
    expect(ends[2]).toBe(8 * layout.extendedBytes);
  });

  it('gives the roles of identifier and timestamp in both forms, and starts at a byte', () => {
    expect(structure.align).toBe(8);
    expect(container.roles).toEqual(['event-record-class-id']);
    expect(JSON.stringify(variant.options[0])).toContain('"clock":"c","roles":["default-clock-timestamp"]');
    expect(JSON.stringify(variant.options[1])).toContain('"clock":"c","roles":["default-clock-timestamp"]');
    expect(JSON.stringify(variant.options[1])).toContain('"roles":["event-record-class-id"]');
  });
});

/** Where each of consecutive integers ends, in bits. */
function endsOf(integers: readonly IntegerFieldClass[]): number[] {
  let at = 0;
  return integers.map(({ bits, align }) => {
    at = Math.ceil(at / align) * align + bits;
    return at;
  });
}
