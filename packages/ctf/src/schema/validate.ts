import type {
  EnumerationRangeSpec,
  EnumerationSpec,
  EventSpec,
  FieldSpec,
  IntegerSpec,
  NamedFieldSpec,
} from './field-spec.ts';
import { readArray, readBoolean, readInteger, readObject, readOneOf, readPrintable } from './json-reader.ts';
import { loweredNames } from './lower.ts';
import { leastBytes } from './record-size.ts';
import { SpecError } from './spec-error.ts';

/** Specifications inside one another, a top-level field being the first. */
const SPEC_DEPTH_MAX = 8;
/** Specifications of one event, at all depths together. */
const SPEC_FIELDS_MAX = 1024;
const SPEC_NAME_BYTES_MAX = 256;
const SPEC_ARRAY_LENGTH_MAX = 65_536;
const SPEC_ENUMERATION_RANGES_MAX = 4096;
/** Least size of a record: the fixed-length parts of its fields. */
const SPEC_RECORD_BYTES_MAX = 16 * 1024 * 1024;
/** LTTng's `DEBUG`. */
const LOG_LEVEL_MAX = 14;

/**
 * Checks an application's description of an event, and returns it without anything else.
 *
 * A valid description can be lowered, printed as metadata of either version, and read by other readers. One description
 * that cannot would make a whole trace unreadable.
 *
 * @param json parsed JSON from anywhere
 * @throws {SpecError} with the JSON path of the first error
 */
export function parseEventSpec(json: unknown): EventSpec {
  const event = readObject(json, '$');
  const name = readEventName(event.name, '$.name');
  const logLevel = readInteger(event.logLevel, '$.logLevel', 0, LOG_LEVEL_MAX);
  const fields = new FieldsParser().parseTopLevel(event.fields, '$.fields');
  return { name, logLevel, fields };
}

function readEventName(value: unknown, at: string): string {
  const name = readPrintable(value, at, SPEC_NAME_BYTES_MAX);
  if (/["\\]/.test(name)) throw new SpecError('BAD_NAME', at, 'contains a quotation mark or a backslash');
  if (!/^[^:]+:./u.test(name)) throw new SpecError('BAD_NAME', at, 'expected "provider:event"');
  return name;
}

/**
 * A C identifier: metadata readers are C parsers. It may be a keyword, since metadata puts an underscore before it.
 */
function readFieldName(value: unknown, at: string): string {
  const name = readPrintable(value, at, SPEC_NAME_BYTES_MAX);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new SpecError('BAD_NAME', at, 'not a C identifier');
  if (/^(?:Bool|Complex|Imaginary)$/.test(name)) {
    throw new SpecError('BAD_NAME', at, `"_${name}" is a keyword of the metadata language`);
  }
  return name;
}

class FieldsParser {
  #fieldCount = 0;

  parseTopLevel(value: unknown, at: string): readonly NamedFieldSpec[] {
    const fields = this.#parseMembers(value, at, 1);
    checkSize(
      fields.reduce((bytes, field) => bytes + leastBytes(field.spec), 0),
      at,
    );
    return fields;
  }

  #parseMembers(value: unknown, at: string, depth: number): readonly NamedFieldSpec[] {
    const taken = new Set<string>();
    return readArray(value, at, SPEC_FIELDS_MAX).map((element, index) => {
      const memberAt = `${at}[${index}]`;
      const field = this.#parseMember(element, memberAt, depth);
      for (const name of new Set([field.name, ...loweredNames(field)])) {
        if (taken.has(name)) throw new SpecError('NAME_CLASH', memberAt, `a second member would be named "${name}"`);
        // Babeltrace 2 removes the underscore that metadata puts before a name, and then treats "_x" as "x".
        if (taken.has(`_${name}`)) {
          throw new SpecError('NAME_CLASH', memberAt, `readers cannot tell "${name}" from the "_${name}" before it`);
        }
        taken.add(name);
      }
      return field;
    });
  }

  #parseMember(value: unknown, at: string, depth: number): NamedFieldSpec {
    const field = readObject(value, at);
    const name = readFieldName(field.name, `${at}.name`);
    return { name, spec: this.#parse(field.spec, `${at}.spec`, depth) };
  }

  #parse(value: unknown, at: string, depth: number): FieldSpec {
    if (depth > SPEC_DEPTH_MAX) throw new SpecError('TOO_LARGE', at, `nested more than ${SPEC_DEPTH_MAX} deep`);
    this.#fieldCount += 1;
    if (this.#fieldCount > SPEC_FIELDS_MAX) {
      throw new SpecError('TOO_LARGE', at, `more than ${SPEC_FIELDS_MAX} fields in one event`);
    }
    const spec = readObject(value, at);
    const kind = spec.kind;
    switch (kind) {
      case 'integer':
        return parseInteger(spec, at);
      case 'float':
        return { kind, bits: readOneOf(spec.bits, `${at}.bits`, [32, 64]) };
      case 'boolean':
      case 'string':
      case 'text':
      case 'bytes':
      case 'dynamic':
        return { kind };
      case 'enumeration':
        return parseEnumeration(spec, at);
      case 'array': {
        const element = this.#parseElement(spec.element, `${at}.element`, depth + 1);
        const length = readInteger(spec.length, `${at}.length`, 0, SPEC_ARRAY_LENGTH_MAX);
        checkSize(length * leastBytes(element), at);
        return { kind, element, length };
      }
      case 'sequence':
        return { kind, element: this.#parseElement(spec.element, `${at}.element`, depth + 1) };
      case 'structure':
        return { kind, members: this.#parseMembers(spec.members, `${at}.members`, depth + 1) };
      case 'optional':
        return { kind, content: this.#parse(spec.content, `${at}.content`, depth + 1) };
      case 'filter-only':
        if (depth > 1) throw new SpecError('BAD_SPEC', at, 'a filter-only field inside another field');
        return { kind, content: this.#parse(spec.content, `${at}.content`, depth + 1) };
      default:
        throw new SpecError('BAD_SPEC', `${at}.kind`, 'not a kind of field');
    }
  }

  /** Elements take bytes: otherwise a record of a few bytes could claim 2^32 of them. */
  #parseElement(value: unknown, at: string, depth: number): FieldSpec {
    const element = this.#parse(value, at, depth);
    if (leastBytes(element) === 0) throw new SpecError('BAD_SPEC', at, 'an element without any bytes');
    return element;
  }
}

function checkSize(bytes: number, at: string): void {
  if (bytes > SPEC_RECORD_BYTES_MAX) {
    throw new SpecError(
      'TOO_LARGE',
      at,
      `takes at least ${bytes} bytes of a record, more than ${SPEC_RECORD_BYTES_MAX}`,
    );
  }
}

function parseInteger(spec: Readonly<Record<string, unknown>>, at: string): IntegerSpec {
  return {
    kind: 'integer',
    signed: readBoolean(spec.signed, `${at}.signed`),
    bits: readOneOf(spec.bits, `${at}.bits`, [8, 16, 32, 64]),
    base: readOneOf(spec.base, `${at}.base`, [2, 8, 10, 16]),
  };
}

function parseEnumeration(spec: Readonly<Record<string, unknown>>, at: string): EnumerationSpec {
  const container = parseInteger(readObject(spec.container, `${at}.container`), `${at}.container`);
  const ranges = readArray(spec.ranges, `${at}.ranges`, SPEC_ENUMERATION_RANGES_MAX);
  if (ranges.length === 0) throw new SpecError('BAD_RANGE', `${at}.ranges`, 'an enumeration without labels');
  return {
    kind: 'enumeration',
    container,
    ranges: ranges.map((range, index) => parseRange(range, `${at}.ranges[${index}]`, container)),
  };
}

function parseRange(value: unknown, at: string, container: IntegerSpec): EnumerationRangeSpec {
  const range = readArray(value, at, 3);
  const label = readPrintable(range[0], `${at}[0]`, SPEC_NAME_BYTES_MAX);
  const lower = parseBound(range[1], `${at}[1]`, container);
  const upper = parseBound(range[2], `${at}[2]`, container);
  if (lower > upper) throw new SpecError('BAD_RANGE', at, `${lower} is above ${upper}`);
  return [label, String(lower), String(upper)];
}

function parseBound(value: unknown, at: string, { signed, bits }: IntegerSpec): bigint {
  if (typeof value !== 'string' || !/^-?[0-9]{1,20}$/.test(value)) {
    throw new SpecError('BAD_SPEC', at, 'expected decimal text');
  }
  const bound = BigInt(value);
  const fitting = signed ? BigInt.asIntN(bits, bound) : BigInt.asUintN(bits, bound);
  if (bound !== fitting) throw new SpecError('BAD_RANGE', at, `${bound} does not fit ${bits} bits`);
  return bound;
}
