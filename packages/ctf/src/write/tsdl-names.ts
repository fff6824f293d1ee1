import { MetadataPrintError } from '../metadata/print-error.ts';
import type {
  FieldClass,
  FieldLocation,
  FieldScope,
  IntegerRole,
  StructureFieldClass,
  StructureMember,
} from '../model/field-class.ts';
import { hasMember } from '../model/find-targets.ts';
import type { DataStreamClass, EventRecordClass, TraceClass } from '../model/trace-class.ts';

const ROLE_NAMES: Readonly<Partial<Record<FieldScope, Readonly<Partial<Record<IntegerRole, string>>>>>> = {
  'packet-header': {
    'packet-magic-number': 'magic',
    'data-stream-class-id': 'stream_id',
    'data-stream-id': 'stream_instance_id',
  },
  'packet-context': {
    'default-clock-timestamp': 'timestamp_begin',
    'packet-end-default-clock-timestamp': 'timestamp_end',
    'packet-content-length': 'content_size',
    'packet-total-length': 'packet_size',
    'packet-sequence-number': 'packet_seq_num',
    'discarded-event-record-counter-snapshot': 'events_discarded',
  },
  'event-record-header': { 'event-record-class-id': 'id' },
};

/**
 * The same trace class, with the names by which CTF 1.8 knows fields that CTF 2 knows by their roles.
 *
 * @throws {MetadataPrintError} for a role that no name can give in CTF 1.8
 * @see CTF 1.8.3 §5 (packet headers and contexts), §6.1 (event headers)
 */
export function withTsdlNames(trace: TraceClass): TraceClass {
  const naming = new Naming();
  const packetHeader = naming.root(trace.packetHeader, 'packet-header');
  const dataStreamClasses = trace.dataStreamClasses.map((stream): DataStreamClass => {
    const { packetContext, eventRecordHeader, eventRecordCommonContext, ...rest } = stream;
    const named = {
      packetContext: naming.root(packetContext, 'packet-context'),
      eventRecordHeader: naming.root(eventRecordHeader, 'event-record-header'),
      eventRecordCommonContext: naming.root(eventRecordCommonContext, 'event-record-common-context'),
    };
    const eventRecordClasses = stream.eventRecordClasses.map((event): EventRecordClass => {
      const { specificContext, payload, ...others } = event;
      return {
        ...others,
        ...defined({
          specificContext: naming.root(specificContext, 'event-record-specific-context'),
          payload: naming.root(payload, 'event-record-payload'),
        }),
      };
    });
    return { ...rest, ...defined(named), eventRecordClasses };
  });
  return { ...trace, ...(packetHeader && { packetHeader }), dataStreamClasses };
}

function defined<T extends object>(properties: T) {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

class Naming {
  /** New names of members of a scope's root, by scope and old name. */
  readonly #renamed = new Map<string, string>();

  root(structure: StructureFieldClass | undefined, scope: FieldScope): StructureFieldClass | undefined {
    if (structure === undefined) return undefined;
    const members = structure.members.map((member) => {
      const name = nameOf(member, scope);
      this.#renamed.set(`${scope}.${member.name}`, name);
      return { ...member, name };
    });
    const names = new Set<string>();
    const clash = members.find(({ name }) => names.size === names.add(name).size);
    if (clash !== undefined) throw new MetadataPrintError(`two fields would be called ${clash.name} in CTF 1.8`);
    return {
      ...structure,
      members: members.map((member) => ({
        ...member,
        fieldClass: this.#relocate(member.fieldClass, scope, structure),
      })),
    };
  }

  #relocate(fieldClass: FieldClass, scope: FieldScope, root: StructureFieldClass): FieldClass {
    const relocate = (inner: FieldClass) => this.#relocate(inner, scope, root);
    switch (fieldClass.kind) {
      case 'structure':
        return {
          ...fieldClass,
          members: fieldClass.members.map((m) => ({ ...m, fieldClass: relocate(m.fieldClass) })),
        };
      case 'static-array':
        return { ...fieldClass, element: relocate(fieldClass.element) };
      case 'dynamic-array':
        return {
          ...fieldClass,
          element: relocate(fieldClass.element),
          length: this.#location(fieldClass.length, scope, root),
        };
      case 'variant':
        return {
          ...fieldClass,
          selector: this.#location(fieldClass.selector, scope, root),
          options: fieldClass.options.map((o) => ({ ...o, fieldClass: relocate(o.fieldClass) })),
        };
      default:
        return fieldClass;
    }
  }

  #location(location: FieldLocation, scope: FieldScope, root: StructureFieldClass): FieldLocation {
    const [first, ...rest] = location.path;
    const isOfRoot = location.scope !== undefined || hasMember(root, first);
    const name = isOfRoot ? this.#renamed.get(`${location.scope ?? scope}.${first}`) : undefined;
    return name === undefined ? location : { ...location, path: [name, ...rest] };
  }
}

function nameOf({ name, fieldClass }: StructureMember, scope: FieldScope): string {
  if (scope === 'packet-header' && fieldClass.kind === 'static-blob' && fieldClass.roles !== undefined) return 'uuid';
  const names = ROLE_NAMES[scope];
  const integer = fieldClass.kind === 'enumeration' ? fieldClass.container : fieldClass;
  if (names === undefined || (integer.kind !== 'integer' && integer.kind !== 'variable-integer')) return name;
  const role = integer.roles?.find((candidate) => names[candidate] !== undefined);
  return role === undefined ? name : names[role]!;
}
