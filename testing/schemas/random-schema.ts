import type { EventSpec, FieldSpec, IntegerSpec, NamedFieldSpec } from '@ringtail/ctf';
import type { SeededRandom } from './seeded-random.ts';

const DEPTH_MAX = 4;

/** Names with a meaning for a metadata parser or for JavaScript, and ordinary ones. */
const AWKWARD_NAMES = (
  'int string event struct stream variant enum integer align size trace clock env float double timestamp id v uuid ' +
  'constructor __proto__ prototype hasOwnProperty toString value _value length none some this function a0 p dv u8 ' +
  '_ __ _a __b NaN Infinity'
).split(' ');

/** A random event declaration of an application. */
export function randomEventSpec(random: SeededRandom, name: string): EventSpec {
  const fields = randomMembers(random, random.between(0, 7), 1);
  return { name, logLevel: random.between(0, 14), fields: fields.map((field) => maybeFilterOnly(random, field)) };
}

function maybeFilterOnly(random: SeededRandom, field: NamedFieldSpec): NamedFieldSpec {
  return random.oneIn(20) ? { name: field.name, spec: { kind: 'filter-only', content: field.spec } } : field;
}

function randomMembers(random: SeededRandom, count: number, depth: number): NamedFieldSpec[] {
  const taken = new Set<string>();
  return random.list(count, (index) => ({ name: randomName(random, taken, index), spec: randomSpec(random, depth) }));
}

function randomName(random: SeededRandom, taken: Set<string>, index: number): string {
  const awkward = random.pick(AWKWARD_NAMES);
  const free = !taken.has(awkward) && !taken.has(`_${awkward}`);
  const name = free && random.oneIn(2) ? awkward : `${random.pick(['f', 'F_', '_g', 'x9'])}${index}`;
  taken.add(name);
  return name;
}

const SCALARS = ['integer', 'integer', 'integer', 'float', 'boolean', 'enumeration'] as const;
const FLAT = [...SCALARS, 'string', 'string', 'text', 'bytes'] as const;
const NESTED = [...FLAT, 'array', 'array', 'sequence', 'sequence', 'sequence', 'structure', 'optional'] as const;

function randomSpec(random: SeededRandom, depth: number): FieldSpec {
  const kind = random.pick(depth < DEPTH_MAX ? NESTED : FLAT);
  switch (kind) {
    case 'integer':
      return randomInteger(random);
    case 'float':
      return { kind, bits: random.pick([32, 64] as const) };
    case 'enumeration':
      return randomEnumeration(random);
    case 'array':
      return { kind, element: randomElement(random, depth + 1), length: random.oneIn(8) ? 0 : random.between(1, 5) };
    case 'sequence':
      return { kind, element: randomElement(random, depth + 1) };
    case 'structure':
      return { kind, members: randomMembers(random, random.between(0, 4), depth + 1) };
    case 'optional':
      return { kind, content: randomSpec(random, depth + 1) };
    default:
      return { kind };
  }
}

/** An element has to take at least one byte. */
function randomElement(random: SeededRandom, depth: number): FieldSpec {
  if (random.oneIn(2)) return randomSpec(random, DEPTH_MAX);
  const spec = randomSpec(random, depth);
  return takesBytes(spec) ? spec : { kind: 'string' };
}

function takesBytes(spec: FieldSpec): boolean {
  if (spec.kind === 'array') return spec.length > 0;
  return spec.kind !== 'structure' || spec.members.some((member) => takesBytes(member.spec));
}

function randomInteger(random: SeededRandom): IntegerSpec {
  return {
    kind: 'integer',
    signed: random.oneIn(2),
    bits: random.pick([8, 16, 32, 64] as const),
    base: random.pick([2, 8, 10, 10, 10, 16] as const),
  };
}

export const LABELS = [
  'zero',
  'ONE',
  'two words',
  'drei',
  'a "quoted" label',
  'back\\slash',
  'é€🐧',
  'int',
  '%s',
  '0',
  '*/ };',
];

function randomEnumeration(random: SeededRandom): FieldSpec {
  const container = randomInteger(random);
  const ranges = random.list(random.between(1, 6), () => {
    const bounds = [randomBound(random, container), randomBound(random, container)] as const;
    const [lower, upper] = bounds[0] <= bounds[1] ? bounds : [bounds[1], bounds[0]];
    return [random.pick(LABELS), String(lower), String(random.oneIn(2) ? lower : upper)] as const;
  });
  return { kind: 'enumeration', container, ranges };
}

function randomBound(random: SeededRandom, { signed, bits }: IntegerSpec): bigint {
  const raw = random.oneIn(3) ? BigInt(random.between(-3, 3)) : random.bits64();
  return signed ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw);
}
