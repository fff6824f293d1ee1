import type {
  FieldClass,
  IntegerFieldClass,
  IntegerRole,
  StructureFieldClass,
  StructureMember,
  VariantOption,
} from '../model/field-class.ts';

/**
 * Gives integers their roles: in CTF 1.8 they have them by name.
 *
 * @see CTF 1.8.3 §5 (packet headers and contexts), §6.1 (event headers)
 */

const PACKET_MAGIC_ROLES: Readonly<Record<string, IntegerRole>> = { magic: 'packet-magic-number' };

const DATA_STREAM_ROLES: Readonly<Record<string, IntegerRole>> = {
  stream_id: 'data-stream-class-id',
  stream_instance_id: 'data-stream-id',
};

const PACKET_CONTEXT_ROLES: Readonly<Record<string, IntegerRole>> = {
  timestamp_begin: 'default-clock-timestamp',
  timestamp_end: 'packet-end-default-clock-timestamp',
  content_size: 'packet-content-length',
  packet_size: 'packet-total-length',
  packet_seq_num: 'packet-sequence-number',
  events_discarded: 'discarded-event-record-counter-snapshot',
};

/** Identifiers count at any depth of structures, the last one most. */
export function withPacketHeaderRoles(structure: StructureFieldClass): StructureFieldClass {
  return withMemberRoles(withRolesAtDepth(structure, DATA_STREAM_ROLES), PACKET_MAGIC_ROLES);
}

export function withPacketContextRoles(structure: StructureFieldClass): StructureFieldClass {
  return withMemberRoles(structure, PACKET_CONTEXT_ROLES);
}

/** Identifiers are called `id` at any depth; timestamps are all integers that are mapped to a clock. */
export function withEventRecordHeaderRoles(structure: StructureFieldClass): StructureFieldClass {
  return eventHeaderRoles(structure, undefined) as StructureFieldClass;
}

const TIMESTAMP_NAMES = new Set(['timestamp', 'timestamp_begin', 'timestamp_end']);

/**
 * Maps timestamps that name no clock to the clock of the trace. Readers agreed on that before mappings were common.
 *
 * @param clockName returns the clock; called only if there is such a timestamp
 */
export function withMappedTimestamps(structure: StructureFieldClass, clockName: () => string): StructureFieldClass {
  return mapTimestamps(structure, undefined, clockName) as StructureFieldClass;
}

function mapTimestamps(fieldClass: FieldClass, name: string | undefined, clockName: () => string): FieldClass {
  switch (fieldClass.kind) {
    case 'structure': {
      const map = (m: StructureMember) => ({ ...m, fieldClass: mapTimestamps(m.fieldClass, m.name, clockName) });
      return { ...fieldClass, members: fieldClass.members.map(map) };
    }
    case 'variant': {
      const map = (o: VariantOption) => ({ ...o, fieldClass: mapTimestamps(o.fieldClass, o.name, clockName) });
      return { ...fieldClass, options: fieldClass.options.map(map) };
    }
    case 'integer':
      if (fieldClass.clock !== undefined || name === undefined || !TIMESTAMP_NAMES.has(name)) return fieldClass;
      return { ...fieldClass, clock: clockName() };
    default:
      return fieldClass;
  }
}

function withMemberRoles(
  structure: StructureFieldClass,
  roles: Readonly<Record<string, IntegerRole>>,
): StructureFieldClass {
  const members = structure.members.map(({ name, fieldClass }) => {
    const role = Object.hasOwn(roles, name) ? roles[name] : undefined;
    return { name, fieldClass: role === undefined ? fieldClass : withRole(fieldClass, role) };
  });
  return { ...structure, members };
}

function withRolesAtDepth(
  structure: StructureFieldClass,
  roles: Readonly<Record<string, IntegerRole>>,
): StructureFieldClass {
  const { members } = withMemberRoles(structure, roles);
  const deepen = ({ fieldClass, ...member }: StructureMember): StructureMember => {
    return {
      ...member,
      fieldClass: fieldClass.kind === 'structure' ? withRolesAtDepth(fieldClass, roles) : fieldClass,
    };
  };
  return { ...structure, members: members.map(deepen) };
}

function withRole(fieldClass: FieldClass, role: IntegerRole): FieldClass {
  if (fieldClass.kind === 'integer') return fieldClass.signed ? fieldClass : addRole(fieldClass, role);
  if (fieldClass.kind !== 'enumeration') return fieldClass;
  const { container } = fieldClass;
  return container.kind !== 'integer' || container.signed
    ? fieldClass
    : { ...fieldClass, container: addRole(container, role) };
}

function addRole(integer: IntegerFieldClass, role: IntegerRole): IntegerFieldClass {
  return { ...integer, roles: [...(integer.roles ?? []), role] };
}

function eventHeaderRoles(fieldClass: FieldClass, name: string | undefined): FieldClass {
  switch (fieldClass.kind) {
    case 'structure': {
      const members = fieldClass.members.map((m) => ({ ...m, fieldClass: eventHeaderRoles(m.fieldClass, m.name) }));
      return { ...fieldClass, members };
    }
    case 'variant': {
      const options = fieldClass.options.map((o) => ({ ...o, fieldClass: eventHeaderRoles(o.fieldClass, undefined) }));
      return { ...fieldClass, options };
    }
    case 'integer':
    case 'enumeration': {
      const clock = fieldClass.kind === 'integer' ? fieldClass.clock : fieldClass.container.clock;
      const timed = clock === undefined ? fieldClass : withRole(fieldClass, 'default-clock-timestamp');
      return name === 'id' ? withRole(timed, 'event-record-class-id') : timed;
    }
    default:
      return fieldClass;
  }
}
