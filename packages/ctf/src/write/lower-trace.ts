import { alignmentOf, textEncodingOf } from '../model/class-facts.ts';
import type {
  EnumerationMapping,
  FieldClass,
  FieldLocation,
  FieldScope,
  IntegerFieldClass,
  StructureFieldClass,
  TextEncoding,
  VariableIntegerFieldClass,
} from '../model/field-class.ts';
import { integerClass, structureClass } from '../model/field-class-builders.ts';
import { contentPlace, elementPlace, memberPlace, optionPlace } from '../model/field-place.ts';
import { hasMember } from '../model/find-targets.ts';
import { linkDataStreamClass } from '../model/link.ts';
import type { DataStreamClass, EventRecordClass, TraceClass } from '../model/trace-class.ts';
import { SelectorPlan } from './selector-plan.ts';

export interface LoweredTrace {
  /** The classes of the written packets. Fields have the names of the original, so that their values fit. */
  readonly trace: TraceClass;
  /** Whether packets of the original trace are packets of this one, byte for byte. */
  readonly keepsLayout: boolean;
}

/**
 * A trace class that CTF 1.8 can describe, as near to one of CTF 2 as possible.
 *
 * | CTF 2 | CTF 1.8 |
 * | --- | --- |
 * | integer of variable length | integer of 64 bits |
 * | boolean, bit array, bit map | unsigned integer |
 * | text of UTF-16 or UTF-32 | string of UTF-8 |
 * | BLOB | array of bytes |
 * | optional field | variant of nothing and its content |
 * | selector of an optional or variant field | enumeration whose labels name the options |
 * | reversed bit order, minimum alignment of arrays | none |
 */
export function lowerTrace(trace: TraceClass): LoweredTrace {
  if (trace.version.major === 1) return { trace, keepsLayout: true };
  const lowering = new Lowering();
  const dataStreamClasses = trace.dataStreamClasses.map((stream) => lowering.dataStreamClass(trace, stream));
  const packetHeader = lowering.packetHeader(trace);
  // A packet's UUID is the UUID of its metadata, also if another identifier identifies the trace.
  const hasUuid = packetHeader?.members.some(({ fieldClass }) => fieldClass.kind === 'static-blob');
  const { uuid, ...rest } = trace;
  const identity = hasUuid ? uuid : (uuidOf(trace.identity?.uid) ?? uuid);
  return {
    trace: {
      ...rest,
      version: { major: 1, minor: 8 },
      ...(identity !== undefined && { uuid: identity }),
      ...(packetHeader && { packetHeader }),
      dataStreamClasses,
    },
    keepsLayout: lowering.keepsLayout,
  };
}

function uuidOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text : undefined;
}

class Lowering {
  keepsLayout = true;
  readonly #plan = new SelectorPlan();
  /** The structures around, outermost first. */
  readonly #around: StructureFieldClass[] = [];

  /** To be called last: fields of the data stream classes depend on fields of the header. */
  packetHeader({ packetHeader }: TraceClass): StructureFieldClass | undefined {
    return packetHeader && this.#structure(packetHeader, 'packet-header');
  }

  dataStreamClass(trace: TraceClass, stream: DataStreamClass): DataStreamClass {
    const { common, eventRecordClasses } = linkDataStreamClass(trace, stream);
    const plan = this.#plan;
    plan.addScope(trace.packetHeader, 'packet-header', [common]);
    plan.addScope(stream.packetContext, 'packet-context', [common]);
    plan.addScope(stream.eventRecordHeader, 'event-record-header', [common]);
    plan.addScope(stream.eventRecordCommonContext, 'event-record-common-context', [common]);
    const events = stream.eventRecordClasses.map((event): EventRecordClass => {
      const links = [eventRecordClasses.get(event)!, common];
      forget(plan, 'event-record-specific-context', 'event-record-payload');
      plan.addScope(event.specificContext, 'event-record-specific-context', links);
      plan.addScope(event.payload, 'event-record-payload', links);
      return {
        ...event,
        ...this.#scope('specificContext', 'event-record-specific-context', event),
        ...this.#scope('payload', 'event-record-payload', event),
      };
    });
    const lowered = {
      ...stream,
      ...this.#scope('packetContext', 'packet-context', stream),
      ...this.#scope('eventRecordHeader', 'event-record-header', stream),
      ...this.#scope('eventRecordCommonContext', 'event-record-common-context', stream),
      eventRecordClasses: events,
    };
    forget(plan, 'packet-context', 'event-record-');
    return lowered;
  }

  #scope<Key extends string>(key: Key, scope: FieldScope, holder: { readonly [K in Key]?: StructureFieldClass }) {
    const root = holder[key];
    return root === undefined ? {} : { [key]: this.#structure(root, scope) };
  }

  #structure(fieldClass: StructureFieldClass, place: string): StructureFieldClass {
    this.#around.push(fieldClass);
    const members = fieldClass.members.map(({ name, fieldClass: memberClass }) => ({
      name,
      fieldClass: this.#lower(memberClass, memberPlace(place, name)),
    }));
    this.#around.pop();
    return structureClass(members, fieldClass.align);
  }

  #lower(fieldClass: FieldClass, place: string): FieldClass {
    const added = this.#plan.mappings.get(place) ?? [];
    switch (fieldClass.kind) {
      case 'integer':
      case 'variable-integer':
        return withMappings(this.#integer(fieldClass), [], added);
      case 'enumeration':
        return withMappings(this.#integer(fieldClass.container), fieldClass.mappings, added);
      case 'boolean':
      case 'bit-array': {
        const { kind, bits, align, byteOrder, bitsReversed } = fieldClass;
        if (bitsReversed) this.keepsLayout = false;
        const base = kind === 'bit-array' ? 16 : 10;
        return withMappings(integerClass(Math.min(bits, 64), { align, byteOrder, base }), [], added);
      }
      case 'float':
        return this.#withoutBitOrder(fieldClass);
      case 'string':
        return this.#utf8(fieldClass.encoding) ?? fieldClass;
      case 'structure':
        return this.#structure(fieldClass, place);
      case 'static-array':
      case 'dynamic-array': {
        const text = this.#utf8(textEncodingOf(fieldClass.element));
        if (text !== undefined) return text;
        if (alignmentOf(fieldClass) > alignmentOf(fieldClass.element)) this.keepsLayout = false;
        const element = this.#lower(fieldClass.element, elementPlace(place));
        if (fieldClass.kind === 'static-array') return { kind: 'static-array', element, length: fieldClass.length };
        return { kind: 'dynamic-array', element, length: this.#location(fieldClass.length, place) };
      }
      case 'static-blob':
        // The metadata's UUID keeps its role; it is an array of bytes in CTF 1.8 all the same.
        if (fieldClass.roles !== undefined) return fieldClass;
        return { kind: 'static-array', element: BYTE, length: fieldClass.length };
      case 'dynamic-blob':
        return { kind: 'dynamic-array', element: BYTE, length: this.#location(fieldClass.length, place) };
      case 'optional': {
        const [none, some] = this.#plan.names.get(place)!;
        const content = this.#lower(fieldClass.content, contentPlace(place));
        const options = [
          { name: none!, fieldClass: structureClass([]) },
          { name: some!, fieldClass: content },
        ];
        return { kind: 'variant', selector: this.#location(fieldClass.selector, place), options };
      }
      case 'variant': {
        const names = this.#plan.names.get(place)!;
        const options = fieldClass.options.map((option, i) => ({
          name: names[i]!,
          fieldClass: this.#lower(option.fieldClass, optionPlace(place, option.name, i)),
        }));
        return { kind: 'variant', selector: this.#location(fieldClass.selector, place), options };
      }
    }
  }

  #integer(fieldClass: IntegerFieldClass | VariableIntegerFieldClass): IntegerFieldClass {
    if (fieldClass.kind === 'integer') return this.#withoutBitOrder(fieldClass);
    this.keepsLayout = false;
    const { signed, base, clock, roles } = fieldClass;
    return integerClass(64, { signed, base, ...(clock !== undefined && { clock }), ...(roles && { roles }) });
  }

  #withoutBitOrder<T extends { readonly bitsReversed?: true }>(fieldClass: T): Omit<T, 'bitsReversed'> {
    const { bitsReversed, ...rest } = fieldClass;
    if (bitsReversed) this.keepsLayout = false;
    return rest;
  }

  /**
   * CTF 1.8 searches the first name of a relative location in the innermost structure and then further out. Locations
   * within their own scope become relative where possible: not all readers accept absolute ones for variants.
   */
  #location({ scope, path }: FieldLocation, place: string): FieldLocation {
    if (scope === undefined) return { path };
    const isOwn = place === scope || place.startsWith(`${scope}.`);
    const isHidden = this.#around.slice(1).some((structure) => hasMember(structure, path[0]));
    return isOwn && !isHidden ? { path } : { scope, path };
  }

  /** Text in an encoding that CTF 1.8 does not know becomes a string. */
  #utf8(encoding: TextEncoding | undefined): FieldClass | undefined {
    if (encoding === undefined || encoding === 'utf8' || encoding === 'ascii') return undefined;
    this.keepsLayout = false;
    return { kind: 'string', encoding: 'utf8' };
  }
}

const BYTE = integerClass(8, { base: 16 });

function withMappings(
  container: IntegerFieldClass,
  mappings: readonly EnumerationMapping[],
  added: readonly EnumerationMapping[],
): FieldClass {
  const all = [...mappings, ...added.flatMap((mapping) => withinContainer(mapping, container))];
  return all.length === 0 ? container : { kind: 'enumeration', container, mappings: all };
}

function withinContainer({ label, lower, upper }: EnumerationMapping, { bits, signed }: IntegerFieldClass) {
  const least = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const most = signed ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
  if (upper < least || lower > most) return [];
  return [{ label, lower: lower < least ? least : lower, upper: upper > most ? most : upper }];
}

/** Places in these scopes belong to another class now. */
function forget(plan: SelectorPlan, ...scopes: readonly string[]): void {
  for (const map of [plan.names, plan.mappings]) {
    for (const place of map.keys()) if (scopes.some((scope) => place.startsWith(scope))) map.delete(place);
  }
}
