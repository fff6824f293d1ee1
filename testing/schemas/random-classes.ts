import type {
  BitField,
  BitFlag,
  ByteOrder,
  EnumerationFieldClass,
  EnumerationMapping,
  FieldClass,
  FieldLocation,
  FieldScope,
  IntegerFieldClass,
  IntegerRange,
  OptionalFieldClass,
  StructureFieldClass,
  StructureMember,
  TextEncoding,
  VariableIntegerFieldClass,
  VariantFieldClass,
  VariantOption,
} from '@ringtail/ctf';
import { LABELS } from './random-schema.ts';
import type { SeededRandom } from './seeded-random.ts';

const DEPTH_MAX = 4;
const LENGTH_MAX = 6;

/** Parameters of random field classes. */
export interface ClassOptions {
  readonly version: 1 | 2;
  /**
   * Leaves out everything that is wrong in Babeltrace 2.0, for a comparison of the rest. For an empty text it prints
   * the field's previous text, and for hexadecimal integers of 61 to 63 bits it prints 0. It refuses selectors whose
   * location is more than one name. It crashes on fields in packet headers, event headers and specific contexts that
   * depend on others of that scope.
   */
  readonly forBabeltrace20?: boolean;
}

/** A field on which others may depend, and the path of names to it from a structure. */
interface Candidate {
  readonly fieldClass: FieldClass;
  readonly path: readonly string[];
}

/** Values of a selector for each option: each range belongs to one of the names. */
interface Selection {
  readonly container: IntegerFieldClass | VariableIntegerFieldClass;
  readonly ranges: readonly IntegerRange[];
  readonly names: readonly string[];
  readonly owners: readonly string[];
}

/** An unfinished structure. */
interface OpenStructure {
  readonly members: StructureMember[];
  readonly around: OpenStructure | undefined;
  readonly lengths: Candidate[];
  readonly selectors: Candidate[];
}

/**
 * Makes field classes of every kind, size, alignment and byte order, with arrays, variants and optional fields that
 * depend on fields anywhere before them.
 *
 * Fields that may begin or end within a byte have one byte order in the whole trace: it must not change within a byte.
 */
export class RandomClasses {
  /** The field that each dependent field depends on. */
  readonly targets = new Map<FieldClass, FieldClass>();
  /** The values of fields that others depend on. */
  readonly choices = new Map<FieldClass, readonly bigint[]>();
  readonly #random: SeededRandom;
  readonly #options: ClassOptions;
  readonly #packedOrder: ByteOrder;
  readonly #roots = new Map<FieldScope, OpenStructure>();
  /**
   * Whether every field begins at a byte, as with most tracers. Generated code then reads the records, which have to
   * end with a byte.
   */
  wholeBytes = true;
  /** Whether the present scope may have fields that depend on others. */
  #hasDependents = true;
  /** The innermost unfinished structure. */
  #open: OpenStructure | undefined;
  readonly #selections = new Map<FieldClass, Selection>();
  /** Finished structures, by their class: later fields may depend on fields within them. */
  readonly #closed = new Map<FieldClass, OpenStructure>();
  #nameCount = 0;

  constructor(random: SeededRandom, options: ClassOptions) {
    this.#random = random;
    this.#options = options;
    this.#packedOrder = random.pick(['le', 'be'] as const);
  }

  /**
   * The structure of a scope: `first` members, then random ones.
   */
  scope(scope: FieldScope, first: readonly StructureMember[], count: number): StructureFieldClass {
    const open = this.#begin(first);
    this.#roots.set(scope, open);
    this.#hasDependents = !(this.#options.forBabeltrace20 && INDEPENDENT_SCOPES.has(scope));
    this.#open = open;
    for (let i = 0; i < count; i++) this.#addMember(1);
    this.#open = undefined;
    return { kind: 'structure', members: open.members, align: this.#structureAlign() };
  }

  /** Ends a scope: later fields cannot depend on its fields. */
  forget(...scopes: readonly FieldScope[]): void {
    for (const scope of scopes) this.#roots.delete(scope);
  }

  /** An unsigned integer of `bitsMin` bits or more. */
  unsignedFrom(bitsMin: number, more: Partial<IntegerFieldClass> = {}): IntegerFieldClass {
    const random = this.#random;
    const isUsual = this.wholeBytes || random.oneIn(2);
    const bits = isUsual ? random.pick([8, 16, 32, 64].filter((n) => n >= bitsMin)) : random.between(bitsMin, 64);
    return this.unsigned(bits, more);
  }

  /** An unsigned integer of this many bits. */
  unsigned(bits: number, more: Partial<IntegerFieldClass> = {}): IntegerFieldClass {
    return { ...this.#integer(bits, false), ...more };
  }

  #begin(members: readonly StructureMember[] = []): OpenStructure {
    return { members: [...members], around: this.#open, lengths: [], selectors: [] };
  }

  #addMember(depth: number): void {
    const open = this.#open!;
    const fieldClass = this.#fieldClass(depth);
    const name = this.#name();
    open.members.push({ name, fieldClass });
    const within = ({ fieldClass: target, path }: Candidate) => ({ fieldClass: target, path: [name, ...path] });
    open.lengths.push(...(this.#closed.get(fieldClass)?.lengths.map(within) ?? []));
    open.selectors.push(...(this.#closed.get(fieldClass)?.selectors.map(within) ?? []));
  }

  #name(): string {
    const random = this.#random;
    const number = this.#nameCount++;
    if (this.#options.version === 2 && random.oneIn(10)) {
      return `${random.pick(['é', 'a.b', 'x[]', 'o<1>', '#', 'with space', '?', '\\'])}${number}`;
    }
    return `${random.pick(['f', 'f', 'f', 'F_', '_g', 'int'])}${number}`;
  }

  #fieldClass(depth: number): FieldClass {
    const { version } = this.#options;
    const flat = version === 1 ? FLAT : FLAT_CTF2;
    const nested = version === 1 ? NESTED : NESTED_CTF2;
    const kinds: readonly Kind[] = depth < DEPTH_MAX ? nested : flat;
    const usable = this.#hasDependents ? kinds : kinds.filter((kind) => !DEPENDENT.has(kind));
    return this.#ofKind(this.#random.pick(usable), depth);
  }

  #ofKind(kind: Kind, depth: number): FieldClass {
    const random = this.#random;
    switch (kind) {
      case 'integer':
        return this.#integer();
      case 'enumeration':
        return this.#enumeration();
      case 'float':
        return {
          kind,
          ...this.#layout(random.pick<16 | 32 | 64 | 128>(this.#options.version === 1 ? [32, 64] : [16, 32, 64, 128])),
        };
      case 'string':
        return { kind, encoding: this.#encoding() };
      case 'static-text': {
        const element = this.#textElement(this.#options.version === 1 ? random.pick(NARROW) : this.#encoding());
        return { kind: 'static-array', element, length: 4 * random.between(this.#options.forBabeltrace20 ? 1 : 0, 3) };
      }
      case 'dynamic-text': {
        const encoding = random.pick(NARROW);
        return this.#withLength((length) => ({
          kind: 'dynamic-array',
          element: this.#textElement(encoding),
          length,
        }));
      }
      case 'structure':
        return this.#structure(depth);
      case 'static-array': {
        const length = random.oneIn(8) ? 0 : random.between(1, 4);
        return { kind, element: this.#fieldClass(depth + 1), length, ...this.#arrayAlign() };
      }
      case 'dynamic-array':
        return this.#withLength((length) => ({
          kind,
          element: this.#fieldClass(depth + 1),
          length,
          ...this.#arrayAlign(),
        }));
      case 'variant':
        return this.#variant(depth);
      case 'boolean':
        return { kind, ...this.#layout() };
      case 'bit-array': {
        const layout = this.#layout();
        return random.oneIn(3) ? { kind, ...layout } : { kind, ...layout, flags: this.#flags(layout) };
      }
      case 'variable-integer':
        return this.#variableInteger(random.oneIn(2));
      case 'static-blob':
        return { kind, length: random.between(0, 9) };
      case 'dynamic-blob':
        return this.#withLength((length) => ({ kind, length }));
      case 'optional':
        return this.#optional(depth);
    }
  }

  /** @param bits 1 to 64 */
  #integer(bits = this.#bits(), signed = this.#random.oneIn(2)): IntegerFieldClass {
    const isWrong = this.#options.forBabeltrace20 && bits > 60 && bits < 64;
    const base = this.#random.pick([2, 8, 10, 10, 10, isWrong ? 10 : 16] as const);
    return { kind: 'integer', ...this.#layout(bits), signed, base, encoding: 'none' };
  }

  #variableInteger(signed: boolean): VariableIntegerFieldClass {
    return { kind: 'variable-integer', signed, base: this.#random.pick([2, 8, 10, 10, 16] as const) };
  }

  #bits(): number {
    const random = this.#random;
    return this.wholeBytes || random.oneIn(2) ? random.pick([8, 16, 32, 64]) : random.between(1, 64);
  }

  #layout<Bits extends number>(bits: Bits = this.#bits() as Bits): BitField & { readonly bits: Bits } {
    const random = this.#random;
    const usual = random.pick(this.wholeBytes ? ALIGNS : [...ALIGNS, ...ALIGNS_WITHIN_BYTES]);
    // Large ones make large records.
    const align = random.oneIn(40) ? random.pick([128, 128, 256, 256, 4096]) : usual;
    const isWhole = align >= 8 && bits % 8 === 0;
    const byteOrder = isWhole ? random.pick(['le', 'be'] as const) : this.#packedOrder;
    return { bits, align, byteOrder, ...(this.#mayReverse() && { bitsReversed: true }) };
  }

  #mayReverse(): boolean {
    return this.#options.version === 2 && !this.wholeBytes && this.#random.oneIn(8);
  }

  #structureAlign(): number {
    return this.#random.oneIn(4) ? this.#random.pick([2, 8, 16, 32, 64, 128]) : 1;
  }

  #arrayAlign(): { align?: number } {
    return this.#options.version === 2 && this.#random.oneIn(4) ? { align: this.#random.pick([1, 8, 32, 64]) } : {};
  }

  #encoding(): TextEncoding {
    const { version } = this.#options;
    return this.#random.pick(
      version === 1 ? NARROW : [...NARROW, ...NARROW, 'utf16le', 'utf16be', 'utf32le', 'utf32be'],
    );
  }

  #textElement(encoding: TextEncoding): IntegerFieldClass {
    return { kind: 'integer', bits: 8, align: 8, byteOrder: 'le', signed: false, base: 10, encoding };
  }

  #flags({ bits }: BitField): BitFlag[] {
    const random = this.#random;
    return random.list(random.between(1, 4), (i) => {
      const lower = random.between(0, bits - 1);
      return { name: `${random.pick(LABELS)} ${i}`, lower, upper: random.between(lower, bits - 1) };
    });
  }

  /** Labels may overlap and have several ranges. */
  #enumeration(): EnumerationFieldClass {
    const random = this.#random;
    const container = this.#container(random.oneIn(2));
    const mappings = random.list(random.between(1, 6), (): EnumerationMapping => {
      const [a, b] = [randomIn(random, container), randomIn(random, container)];
      const [lower, upper] = a <= b ? [a, b] : [b, a];
      return { label: random.pick(LABELS), lower, upper: random.oneIn(2) ? lower : upper };
    });
    return { kind: 'enumeration', container, mappings: this.#options.version === 1 ? mappings : byLabel(mappings) };
  }

  #container(signed: boolean): IntegerFieldClass | VariableIntegerFieldClass {
    const isVariable = this.#options.version === 2 && this.#random.oneIn(5);
    return isVariable ? this.#variableInteger(signed) : this.#integer(this.#bits(), signed);
  }

  #structure(depth: number): StructureFieldClass {
    const open = this.#begin();
    this.#open = open;
    const count = this.#random.between(0, 4);
    for (let i = 0; i < count; i++) this.#addMember(depth + 1);
    this.#open = open.around;
    const structure: StructureFieldClass = { kind: 'structure', members: open.members, align: this.#structureAlign() };
    this.#closed.set(structure, open);
    return structure;
  }

  #variant(depth: number): VariantFieldClass {
    const random = this.#random;
    let known = random.oneIn(3) ? this.#visible((open) => open.selectors) : [];
    if (this.#options.forBabeltrace20) {
      known = known.filter(([{ scope, path }]) => scope === undefined && path.length === 1);
    }
    if (known.length > 0) {
      const [location, target] = random.pick(known);
      const variant = this.#variantOf(location, this.#selections.get(target)!, depth);
      this.targets.set(variant, target);
      return variant;
    }
    const selection = this.#selection();
    const selector = this.#selectorOf(selection);
    this.#selections.set(selector, selection);
    return this.#dependentOn(
      selector,
      (location) => this.#variantOf(location, selection, depth),
      (open, candidate) => open.selectors.push(candidate),
    );
  }

  #selection(): Selection {
    const random = this.#random;
    const container = this.#container(random.oneIn(3));
    const ranges = disjointRanges(random, container, random.between(1, 5));
    const names = [...new Set(ranges.map(() => `o${random.between(0, 3)}`))];
    return { container, ranges, names, owners: ranges.map((_, i) => names[i] ?? random.pick(names)) };
  }

  /** An enumeration with a label for each option; in CTF 2 perhaps an integer. */
  #selectorOf({ container, ranges, owners }: Selection): FieldClass {
    const random = this.#random;
    const { version } = this.#options;
    const mappings = random.shuffled(ranges.map((range, i) => ({ label: owners[i]!, ...range })));
    const selector: FieldClass =
      version === 2 && random.oneIn(2)
        ? container
        : { kind: 'enumeration', container, mappings: version === 1 ? mappings : byLabel(mappings) };
    const values = ranges.flatMap(({ lower, upper }) => [lower, upper, between(random, lower, upper)]);
    this.choices.set(selector, values);
    return selector;
  }

  #variantOf(selector: FieldLocation, { ranges, names, owners }: Selection, depth: number): VariantFieldClass {
    const random = this.#random;
    const options = random.shuffled(names).map((name): VariantOption => {
      const fieldClass = this.#fieldClass(depth + 1);
      if (this.#options.version === 1) return { name, fieldClass };
      const own = ranges.filter((_, i) => owners[i] === name);
      return { name: random.oneIn(6) ? '' : name, fieldClass, ranges: own };
    });
    return { kind: 'variant', selector, options };
  }

  #optional(depth: number): OptionalFieldClass {
    const random = this.#random;
    const content = () => this.#fieldClass(depth + 1);
    if (random.oneIn(2)) {
      const selector: FieldClass = { kind: 'boolean', ...this.#layout() };
      this.choices.set(selector, [0n, 1n]);
      return this.#dependentOn(selector, (location) => ({ kind: 'optional', selector: location, content: content() }));
    }
    const container = this.#container(random.oneIn(3));
    const ranges = disjointRanges(random, container, random.between(1, 3));
    const inside = ranges.flatMap(({ lower, upper }) => [lower, upper]);
    this.choices.set(container, [...inside, ...inside.map(() => randomIn(random, container))]);
    return this.#dependentOn(container, (selector) => ({ kind: 'optional', selector, ranges, content: content() }));
  }

  /** A field whose length is an existing field or a new one. */
  #withLength<T extends FieldClass>(make: (location: FieldLocation) => T): T {
    const random = this.#random;
    const known = random.oneIn(2) ? this.#visible((open) => open.lengths) : [];
    if (known.length === 0) {
      const target = this.#lengthClass();
      return this.#dependentOn(target, make, (open, candidate) => open.lengths.push(candidate));
    }
    const [location, target] = random.pick(known);
    const dependent = make(location);
    this.targets.set(dependent, target);
    return dependent;
  }

  #lengthClass(): FieldClass {
    const container = this.#container(false);
    const least = this.#options.forBabeltrace20 ? 1 : 0;
    const lengths = Array.from({ length: LENGTH_MAX + 1 - least }, (_, i) => BigInt(i + least));
    const fitting = container.kind === 'integer' ? lengths.filter((n) => n < 2n ** BigInt(container.bits)) : lengths;
    this.choices.set(container, fitting);
    return container;
  }

  /** A field that depends on `target`, which becomes a member of the innermost structure. */
  #dependentOn<T extends FieldClass>(
    target: FieldClass,
    make: (location: FieldLocation) => T,
    keep: (open: OpenStructure, candidate: Candidate) => void = () => {},
  ): T {
    const open = this.#open!;
    const name = this.#name();
    open.members.push({ name, fieldClass: target });
    keep(open, { fieldClass: target, path: [name] });
    const dependent = make(this.#relative([name], 0));
    this.targets.set(dependent, target);
    return dependent;
  }

  /** Fields of a kind on which a dependent field at this place can depend. */
  #visible(sort: (open: OpenStructure) => readonly Candidate[]): (readonly [FieldLocation, FieldClass])[] {
    const found: (readonly [FieldLocation, FieldClass])[] = [];
    let outer = 0;
    for (let open = this.#open; open !== undefined; open = open.around, outer++) {
      for (const { path, fieldClass } of sort(open)) found.push([this.#relative(path, outer), fieldClass]);
    }
    for (const [scope, root] of this.#roots) {
      for (const { path, fieldClass } of sort(root)) found.push([{ scope, path }, fieldClass]);
    }
    return found;
  }

  /** CTF 1.8 searches outwards for the first name; CTF 2 has the number of levels. */
  #relative(path: readonly string[], outer: number): FieldLocation {
    return this.#options.version === 1 || outer === 0 ? { path } : { path, outer };
  }
}

const ALIGNS = [8, 8, 8, 8, 16, 32, 32, 64, 64];
const ALIGNS_WITHIN_BYTES = [1, 1, 1, 2, 4];

const NARROW = ['utf8', 'utf8', 'ascii'] as const;

type Kind = (typeof NESTED_CTF2)[number];

const FLAT = [
  'integer',
  'integer',
  'integer',
  'integer',
  'enumeration',
  'float',
  'string',
  'static-text',
  'dynamic-text',
] as const;
const COMPOUND = [
  'structure',
  'structure',
  'static-array',
  'static-array',
  'dynamic-array',
  'dynamic-array',
  'variant',
] as const;
const NESTED = [...FLAT, ...COMPOUND] as const;
const ONLY_CTF2 = ['boolean', 'bit-array', 'variable-integer', 'static-blob', 'dynamic-blob'] as const;
const FLAT_CTF2 = [...FLAT, ...ONLY_CTF2] as const;
const NESTED_CTF2 = [...FLAT_CTF2, ...COMPOUND, 'optional'] as const;

const DEPENDENT: ReadonlySet<Kind> = new Set(['dynamic-text', 'dynamic-array', 'variant', 'dynamic-blob', 'optional']);

/** Scopes in which Babeltrace 2.0 crashes on fields that depend on others. */
const INDEPENDENT_SCOPES: ReadonlySet<FieldScope> = new Set([
  'packet-header',
  'event-record-header',
  'event-record-specific-context',
]);

/** All ranges of a label stand together, as in CTF 2. */
function byLabel(mappings: readonly EnumerationMapping[]): EnumerationMapping[] {
  const labels = [...new Set(mappings.map(({ label }) => label))];
  return labels.flatMap((label) => mappings.filter((mapping) => mapping.label === label));
}

/** A value of an integer: small ones and bounds are as likely as any. */
export function randomIn(random: SeededRandom, integer: IntegerFieldClass | VariableIntegerFieldClass): bigint {
  const bits = integer.kind === 'integer' ? integer.bits : 64;
  const edge = 2n ** BigInt(bits - 1);
  const raw = random.pick([
    BigInt(random.between(-3, 3)),
    edge + BigInt(random.between(-1, 0)),
    2n ** BigInt(random.between(0, bits - 1)),
    random.bits64(),
    random.bits64(),
  ]);
  return integer.signed ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw);
}

function between(random: SeededRandom, lower: bigint, upper: bigint): bigint {
  return lower + (random.bits64() % (upper - lower + 1n));
}

/** Up to `count` ranges that have no value in common, at least one. */
function disjointRanges(
  random: SeededRandom,
  integer: IntegerFieldClass | VariableIntegerFieldClass,
  count: number,
): IntegerRange[] {
  const values = new Set(random.list(count * 2, () => randomIn(random, integer)));
  const sorted = [...values].sort((a, b) => (a < b ? -1 : 1));
  const ranges: IntegerRange[] = [];
  while (sorted.length > 0 && ranges.length < count) {
    const lower = sorted.shift()!;
    ranges.push({ lower, upper: sorted.length > 0 && random.oneIn(2) ? sorted.shift()! : lower });
  }
  return ranges;
}
