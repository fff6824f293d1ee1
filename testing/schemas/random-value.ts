import type { EnumerationSpec, FieldSpec, IntegerSpec } from '@ringtail/ctf';
import type { SeededRandom } from './seeded-random.ts';

/**
 * Expected value of a reader: integers and enumerations as `bigint`, an absent optional field as `null`, a structure as
 * the list of its members' values.
 */
export type Expected = bigint | number | boolean | string | Uint8Array | null | readonly Expected[];

/** A value as passed by an application, and its value in the trace. */
export interface Sample {
  readonly input: unknown;
  readonly expected: Expected;
}

/**
 * Makes values for a field.
 *
 * @param emptyTexts false for no empty strings and texts: Babeltrace 2.0.4 prints the previous text of a field for them
 */
export function randomSample(random: SeededRandom, spec: FieldSpec, emptyTexts: boolean): Sample {
  switch (spec.kind) {
    case 'integer':
      return spec.bits === 64 ? randomInteger64(random, spec) : randomInteger(random, spec);
    case 'float': {
      const value = randomFloat(random);
      return { input: value, expected: spec.bits === 32 ? Math.fround(value) : value };
    }
    case 'boolean': {
      const input = random.pick<unknown>([true, false, true, false, 1, 0, 'x', '', null, undefined]);
      return { input, expected: Boolean(input) };
    }
    case 'enumeration':
      return randomEnumerator(random, spec);
    case 'string':
    case 'text': {
      const input = randomText(random, emptyTexts);
      const wellFormed = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(String(input)));
      return { input, expected: spec.kind === 'string' ? (wellFormed.split('\0')[0] as string) : wellFormed };
    }
    case 'bytes': {
      const bytes = Uint8Array.from(random.list(random.between(0, 9), () => random.between(0, 255)));
      return { input: random.pick<unknown>([bytes, Array.from(bytes), new DataView(bytes.buffer)]), expected: bytes };
    }
    case 'array': {
      const count = emptyTexts || !holdsText(spec.element) ? random.between(0, spec.length + 2) : spec.length;
      const samples = random.list(count, () => randomSample(random, spec.element, emptyTexts));
      const expected = samples.map((sample) => sample.expected).slice(0, spec.length);
      while (expected.length < spec.length) expected.push(zeroOf(spec.element));
      return { input: asList(random, spec.element, samples), expected };
    }
    case 'sequence': {
      const samples = random.list(random.between(0, 4), () => randomSample(random, spec.element, emptyTexts));
      return { input: asList(random, spec.element, samples), expected: samples.map((sample) => sample.expected) };
    }
    case 'structure': {
      const samples = spec.members.map((member) => randomSample(random, member.spec, emptyTexts));
      const input = Object.fromEntries(spec.members.map(({ name }, i) => [name, samples[i]?.input]));
      return { input, expected: samples.map((sample) => sample.expected) };
    }
    case 'optional': {
      if (random.oneIn(2)) return { input: random.pick([null, undefined]), expected: null };
      const sample = randomSample(random, spec.content, emptyTexts);
      const absent = sample.input === null || sample.input === undefined;
      return { input: sample.input, expected: absent ? null : sample.expected };
    }
    case 'filter-only':
      return { input: random.pick<unknown>([1, 'x', null, Symbol('never converted')]), expected: null };
    case 'dynamic':
      return refuseDynamic();
  }
}

function refuseDynamic(): never {
  throw new Error('random schemas are about payloads; only contexts have dynamic fields');
}

/** Value of the missing elements of an array. */
function zeroOf(spec: FieldSpec): Expected {
  switch (spec.kind) {
    case 'integer':
    case 'enumeration':
      return 0n;
    case 'float':
      return 0;
    case 'boolean':
      return false;
    case 'string':
    case 'text':
      return '';
    case 'bytes':
      return new Uint8Array();
    case 'array':
      return Array.from({ length: spec.length }, () => zeroOf(spec.element));
    case 'sequence':
      return [];
    case 'structure':
      return spec.members.map((member) => zeroOf(member.spec));
    case 'optional':
    case 'filter-only':
      return null;
    case 'dynamic':
      return refuseDynamic();
  }
}

function holdsText(spec: FieldSpec): boolean {
  switch (spec.kind) {
    case 'string':
    case 'text':
      return true;
    case 'array':
    case 'sequence':
      return holdsText(spec.element);
    case 'structure':
      return spec.members.some((member) => holdsText(member.spec));
    case 'optional':
    case 'filter-only':
      return holdsText(spec.content);
    default:
      return false;
  }
}

function wrap({ signed, bits }: IntegerSpec, value: bigint): bigint {
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** Numbers in and out of range, and with a fraction; they are converted as in a typed array. */
function randomInteger(random: SeededRandom, spec: IntegerSpec): Sample {
  const edge = 2 ** random.pick([spec.bits - 1, spec.bits, 13]);
  const near = random.pick([-1, 1]) * edge + random.between(-1, 1);
  const inRange = Number(wrap(spec, random.bits64()));
  const input = random.pick([0, 1, -1, 9999, 10_000, near, near + 0.75, inRange, inRange, inRange]);
  return { input, expected: wrap(spec, BigInt(Math.trunc(input))) };
}

/** `bigint` of any size, or a number that holds its integer exactly. */
function randomInteger64(random: SeededRandom, spec: IntegerSpec): Sample {
  const edges = [0n, 1n, -1n, 2n ** 63n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 53n, -9999n, -10_000n];
  const value = random.pick([random.pick(edges), random.bits64(), -random.bits64(), random.bits64() >> 40n]);
  const exact = value >= -(2n ** 53n) && value <= 2n ** 53n;
  return { input: exact && random.oneIn(2) ? Number(value) : value, expected: wrap(spec, value) };
}

function randomFloat(random: SeededRandom): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setBigUint64(0, random.bits64());
  const anything = bits.getFloat64(0);
  const single = bits.getFloat32(0);
  const edges = [
    0,
    -0,
    Number.NaN,
    Infinity,
    -Infinity,
    5e-324,
    1.7976931348623157e308,
    2 ** -149,
    0.0078125,
    -0.0234375,
  ];
  const plain = random.between(-1_000_000, 1_000_000) / random.pick([1, 3, 64, 128, 1000]);
  const value = random.pick([random.pick(edges), plain, plain, anything, single]);
  // JavaScript does not keep the sign of a NaN.
  return Number.isNaN(value) ? Number.NaN : value;
}

function randomEnumerator(random: SeededRandom, { container, ranges }: EnumerationSpec): Sample {
  const [label] = random.pick(ranges);
  if (random.oneIn(2)) {
    const [, lower] = ranges.find(([other]) => other === label) as readonly [string, string, string];
    return { input: label, expected: BigInt(lower) };
  }
  return container.bits === 64 ? randomInteger64(random, container) : randomInteger(random, container);
}

export const TEXTS = [
  'a',
  'plain text',
  '\n',
  '\t"\\',
  'é',
  '€uro',
  '🐧',
  '\ud800',
  '\udc00x',
  '\u0001',
  '%d %s',
  '[0]: 1',
  '\ufeff',
];

function randomText(random: SeededRandom, emptyTexts: boolean): unknown {
  if (random.oneIn(12)) return random.between(-5, 5);
  const text = random.list(random.between(0, 4), () => random.pick(TEXTS)).join('');
  const tail = random.oneIn(8) ? '\0 and what follows a U+0000' : '';
  return emptyTexts || text !== '' ? text + tail : 'x';
}

/** A list as an array, as another iterable, or as a typed array if its values fit one. */
function asList(random: SeededRandom, element: FieldSpec, samples: readonly Sample[]): unknown {
  const inputs = samples.map((sample) => sample.input);
  const TypedArray = typedArrayOf(element);
  if (TypedArray !== undefined && random.oneIn(2)) return TypedArray(samples.map((sample) => sample.expected));
  return random.oneIn(6) ? { [Symbol.iterator]: () => inputs.values() } : inputs;
}

/** Makes the typed array with the layout of the field's elements. */
function typedArrayOf(spec: FieldSpec): ((values: readonly Expected[]) => unknown) | undefined {
  if (spec.kind === 'float') {
    return (values) => (spec.bits === 32 ? Float32Array : Float64Array).from(values as number[]);
  }
  if (spec.kind !== 'integer') return undefined;
  const { bits, signed } = spec;
  if (bits === 64) return (values) => (signed ? BigInt64Array : BigUint64Array).from(values as bigint[]);
  const numbers = (values: readonly Expected[]) => values.map(Number);
  if (bits === 32) return (values) => (signed ? Int32Array : Uint32Array).from(numbers(values));
  if (bits === 16) return (values) => (signed ? Int16Array : Uint16Array).from(numbers(values));
  return (values) => (signed ? Int8Array : Uint8Array).from(numbers(values));
}
