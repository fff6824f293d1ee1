import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enumerationLabels, rangesByLabel } from './enumeration.ts';
import type { EnumerationFieldClass } from './field-class.ts';
import { integerClass } from './field-class-builders.ts';

const range = fc
  .tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 10 }), fc.constantFrom('a', 'b', 'c', 'd'))
  .map(([lower, length, label]) => ({ label, lower: BigInt(lower), upper: BigInt(lower + length) }));

function enumeration(mappings: EnumerationFieldClass['mappings']): EnumerationFieldClass {
  return { kind: 'enumeration', container: integerClass(64, { signed: true }), mappings };
}

describe('labels', () => {
  it('of a value come from all ranges that contain it, each once, in the order of the metadata', () => {
    fc.assert(
      fc.property(fc.array(range), fc.integer({ min: -25, max: 35 }), (mappings, value) => {
        const wanted = new Set(mappings.filter((m) => m.lower <= value && value <= m.upper).map((m) => m.label));
        const fieldClass = enumeration(mappings);
        expect(enumerationLabels(fieldClass, value)).toEqual([...wanted]);
        expect(enumerationLabels(fieldClass, BigInt(value))).toEqual([...wanted]);
      }),
    );
  });

  it('of many values are found without a walk over all ranges', () => {
    const count = 200_000;
    const mappings = Array.from({ length: count }, (_, i) => ({ label: `L${i}`, lower: BigInt(i), upper: BigInt(i) }));
    const fieldClass = enumeration([{ label: 'all', lower: 0n, upper: BigInt(count) }, ...mappings]);
    for (let value = 0; value < count; value++) {
      if (enumerationLabels(fieldClass, value)[1] !== `L${value}`) expect.unreachable(`the label of ${value}`);
    }
  });

  it('have all their ranges, in the order of the metadata', () => {
    fc.assert(
      fc.property(fc.array(range), (mappings) => {
        const byLabel = rangesByLabel(enumeration(mappings));
        expect([...byLabel.keys()]).toEqual([...new Set(mappings.map(({ label }) => label))]);
        for (const [label, ranges] of byLabel) expect(ranges).toEqual(mappings.filter((m) => m.label === label));
      }),
    );
  });
});
