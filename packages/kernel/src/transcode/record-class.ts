import type {
  FieldClass,
  FieldSpec,
  IntegerFieldClass,
  NamedFieldSpec,
  StructureFieldClass,
  StructureMember,
} from '@ringtail/ctf';
import type { FixedField, IntegerShape, RecordField } from '../formats/record-field.ts';

/** Bytes of a word. Records of the kernel consist of words, and records of the trace begin at words. */
export const WORD_BYTES = 4;

/** A context that each record can have: a field behind the header. */
export interface RecordContext {
  readonly name: string;
  /** Index of its word among the common fields of the kernel's record. */
  readonly word: number;
}

/** Contexts that are in the common fields of each record of the kernel. */
const CONTEXTS: readonly RecordContext[] = [{ name: 'tid', word: 1 }];

/** Names of the contexts that a channel of the kernel can have. */
export const KERNEL_CONTEXT_NAMES: readonly string[] = [...CONTEXTS.map(({ name }) => name), 'cpu_id'];

/** Contexts of these names that are written with each record, each once. `cpu_id` is in each packet. */
export function recordContexts(names: readonly string[]): readonly RecordContext[] {
  return CONTEXTS.filter(({ name }) => names.includes(name));
}

/** Field class of the contexts of a record; undefined without contexts. */
export function recordContextClass(names: readonly string[]): StructureFieldClass | undefined {
  const contexts = recordContexts(names);
  if (contexts.length === 0) return undefined;
  return structure(contexts.map(({ name }) => member(name, integer({ bytes: 4, signed: true, base: 10 }))));
}

/** Field class of the header of a record: `u32 id, u32 timestamp`. @param clock name of the clock class */
export function recordHeaderClass(clock: string): StructureFieldClass {
  const word = integer({ bytes: 4, signed: false, base: 10 });
  return structure([
    member('id', { ...word, roles: ['event-record-class-id'] }),
    member('timestamp', { ...word, clock, roles: ['default-clock-timestamp'] }),
  ]);
}

/** Field class of a record's payload: the layout that the transcoder of these fields writes. */
export function payloadClass(fields: readonly RecordField[]): StructureFieldClass {
  return structure(fields.flatMap(membersOf));
}

/** The fields as a listing of events shows them. */
export function fieldSpecs(fields: readonly RecordField[]): NamedFieldSpec[] {
  return fields.map((field) => ({ name: field.name, spec: fieldSpec(field) }));
}

function fieldSpec(field: RecordField): FieldSpec {
  switch (field.kind) {
    case 'integer':
      return integerSpec(field.shape);
    case 'array':
      return { kind: 'array', element: integerSpec(field.element), length: field.length };
    case 'sequence':
      return { kind: 'sequence', element: integerSpec(field.element) };
    case 'text':
    case 'string':
      return { kind: 'string' };
  }
}

function integerSpec({ bytes, signed, base }: IntegerShape): FieldSpec {
  return { kind: 'integer', signed, bits: BITS[bytes], base };
}

const BITS = { 1: 8, 2: 16, 4: 32, 8: 64 } as const;

/** Alignment of a fixed field in bytes: at most a word, since records of the kernel begin at words. */
export function alignmentOf(field: FixedField): number {
  if (field.kind === 'integer') return alignmentOfInteger(field.shape);
  return field.kind === 'array' ? alignmentOfInteger(field.element) : 1;
}

function membersOf(field: RecordField): StructureMember[] {
  const { name } = field;
  switch (field.kind) {
    case 'integer':
      return [member(name, integer(field.shape))];
    case 'array':
      return [member(name, { kind: 'static-array', element: integer(field.element), length: field.length })];
    case 'text': {
      const element: IntegerFieldClass = { ...integer({ bytes: 1, signed: false, base: 10 }), encoding: 'utf8' };
      return [member(name, { kind: 'static-array', element, length: field.length })];
    }
    case 'string':
      return [member(name, { kind: 'string', encoding: 'utf8' })];
    case 'sequence': {
      const length = `_${name}_length`;
      const element = integer(field.element);
      return [
        member(length, integer({ bytes: 4, signed: false, base: 10 })),
        member(name, { kind: 'dynamic-array', element, length: { path: [length] } }),
      ];
    }
  }
}

function alignmentOfInteger({ bytes }: IntegerShape): number {
  return Math.min(WORD_BYTES, bytes);
}

function integer(shape: IntegerShape): IntegerFieldClass {
  const { bytes, signed, base } = shape;
  const align = 8 * alignmentOfInteger(shape);
  return { kind: 'integer', bits: 8 * bytes, signed, base, align, byteOrder: 'le', encoding: 'none' };
}

function structure(members: readonly StructureMember[]): StructureFieldClass {
  return { kind: 'structure', members, align: 8 * WORD_BYTES };
}

function member(name: string, fieldClass: FieldClass): StructureMember {
  return { name, fieldClass };
}
