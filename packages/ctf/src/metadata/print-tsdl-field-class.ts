import type {
  BitField,
  ByteOrder,
  EnumerationFieldClass,
  FieldClass,
  FieldLocation,
  FieldScope,
  FloatFieldClass,
  IntegerFieldClass,
  StructureFieldClass,
  VariantFieldClass,
} from '../model/field-class.ts';
import { type IntegerOptions, integerClass } from '../model/field-class-builders.ts';
import { MetadataPrintError } from './print-error.ts';
import { tsdlIdentifier, tsdlMemberName, tsdlString } from './print-tsdl-text.ts';

/** Where a field class is printed. */
export interface TsdlContext {
  readonly scope: FieldScope;
  /** The byte order of the trace block; only other byte orders are written. */
  readonly nativeByteOrder: ByteOrder;
}

/** The TSDL of a structure, from `struct` on, its closing brace indented by `indent`. */
export function tsdlStructure(structure: StructureFieldClass, context: TsdlContext, indent: string): string {
  const align = structure.align > 1 ? ` align(${structure.align})` : '';
  if (structure.members.length === 0) return `struct { }${align}`;
  const lines = structure.members.map(({ name, fieldClass }) => {
    const { type, suffix } = declare(fieldClass, context, `${indent}\t`);
    return `${indent}\t${type} ${tsdlMemberName(name, hasBareNames(context.scope))}${suffix};\n`;
  });
  return `struct {\n${lines.join('')}${indent}}${align}`;
}

/** A C declaration: the type, and the text behind the declared name. */
interface Declaration {
  readonly type: string;
  readonly suffix: string;
}

function declare(fieldClass: FieldClass, context: TsdlContext, indent: string): Declaration {
  switch (fieldClass.kind) {
    case 'static-array':
      return arrayOf(fieldClass.element, String(fieldClass.length), context, indent);
    case 'dynamic-array':
      return arrayOf(fieldClass.element, tsdlLocation(fieldClass.length, context), context, indent);
    case 'dynamic-blob':
      return arrayOf(integerClass(8, { base: 16 }), tsdlLocation(fieldClass.length, context), context, indent);
    case 'structure':
      return { type: tsdlStructure(fieldClass, context, indent), suffix: '' };
    case 'variant':
      return { type: variantType(fieldClass, context, indent), suffix: '' };
    case 'enumeration':
      return { type: enumerationType(fieldClass, context, indent), suffix: '' };
    case 'integer':
      return { type: integerType(fieldClass, context), suffix: '' };
    case 'boolean':
      return {
        type: integerType(integerClass(fieldClass.bits, bitFieldOf(fieldClass)), context),
        suffix: '',
      };
    case 'float':
      return { type: floatType(fieldClass, context), suffix: '' };
    case 'static-blob':
      return arrayOf(integerClass(8, { base: 16 }), String(fieldClass.length), context, indent);
    case 'bit-array':
      return { type: integerType(integerClass(fieldClass.bits, bitFieldOf(fieldClass)), context), suffix: '' };
    case 'variable-integer':
      throw new MetadataPrintError('CTF 1.8 has no integers of variable length');
    case 'optional':
      throw new MetadataPrintError('CTF 1.8 has no optional fields');
    case 'string':
      return { type: fieldClass.encoding === 'ascii' ? 'string { encoding = ASCII; }' : 'string', suffix: '' };
  }
}

/** As in C, the outermost array's length comes first: `int x[2][3]` is two arrays of three. */
function arrayOf(element: FieldClass, length: string, context: TsdlContext, indent: string): Declaration {
  const { type, suffix } = declare(element, context, indent);
  return { type, suffix: `[${length}]${suffix}` };
}

function bitFieldOf({ align, byteOrder, bitsReversed }: BitField): IntegerOptions {
  return { align, byteOrder, ...(bitsReversed && { bitsReversed }) };
}

function integerType(integer: IntegerFieldClass, context: TsdlContext): string {
  const { bits, align, signed, encoding, base, byteOrder, clock, bitsReversed } = integer;
  if (bitsReversed) throw new MetadataPrintError('CTF 1.8 cannot reverse the bits of a field');
  if (encoding.startsWith('utf16') || encoding.startsWith('utf32')) {
    throw new MetadataPrintError('text of CTF 1.8 is UTF-8');
  }
  const attributes = [`size = ${bits};`, `align = ${align};`, `signed = ${signed ? 1 : 0};`];
  attributes.push(`encoding = ${encoding === 'none' ? 'none' : encoding.toUpperCase()};`, `base = ${base};`);
  if (byteOrder !== context.nativeByteOrder) attributes.push(`byte_order = ${byteOrder};`);
  if (clock !== undefined) attributes.push(`map = clock.${tsdlIdentifier(clock)}.value;`);
  return `integer { ${attributes.join(' ')} }`;
}

function floatType({ bits, align, byteOrder, bitsReversed }: FloatFieldClass, context: TsdlContext): string {
  if (bitsReversed) throw new MetadataPrintError('CTF 1.8 cannot reverse the bits of a field');
  const exponentBits = { 16: 5, 32: 8, 64: 11, 128: 15 }[bits];
  const order = byteOrder === context.nativeByteOrder ? '' : ` byte_order = ${byteOrder};`;
  return `floating_point { exp_dig = ${exponentBits}; mant_dig = ${bits - exponentBits}; align = ${align};${order} }`;
}

function enumerationType(enumeration: EnumerationFieldClass, context: TsdlContext, indent: string): string {
  const lines = enumeration.mappings.map(({ label, lower, upper }) => {
    const range = lower === upper ? `${lower}` : `${lower} ... ${upper}`;
    return `${indent}\t${tsdlString(label)} = ${range},\n`;
  });
  const { container } = enumeration;
  if (container.kind !== 'integer') throw new MetadataPrintError('CTF 1.8 has no integers of variable length');
  return `enum : ${integerType(container, context)} {\n${lines.join('')}${indent}}`;
}

function variantType(variant: VariantFieldClass, context: TsdlContext, indent: string): string {
  const lines = variant.options.map(({ name, fieldClass }) => {
    const { type, suffix } = declare(fieldClass, context, `${indent}\t`);
    return `${indent}\t${type} ${tsdlIdentifier(name)}${suffix};\n`;
  });
  return `variant <${tsdlLocation(variant.selector, context)}> {\n${lines.join('')}${indent}}`;
}

const SCOPE_PATHS: Readonly<Record<FieldScope, string>> = {
  'packet-header': 'trace.packet.header',
  'packet-context': 'stream.packet.context',
  'event-record-header': 'stream.event.header',
  'event-record-common-context': 'stream.event.context',
  'event-record-specific-context': 'event.context',
  'event-record-payload': 'event.fields',
};

function tsdlLocation({ scope, path }: FieldLocation, context: TsdlContext): string {
  if (path.length === 0) throw new MetadataPrintError('a field location without a path');
  const bare = hasBareNames(scope ?? context.scope);
  const names = path.map((name) => tsdlMemberName(name, bare));
  return [...(scope === undefined ? [] : [SCOPE_PATHS[scope]]), ...names].join('.');
}

function hasBareNames(scope: FieldScope): boolean {
  return scope === 'packet-header' || scope === 'packet-context' || scope === 'event-record-header';
}
