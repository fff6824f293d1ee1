import type {
  EnumerationFieldClass,
  EnumerationMapping,
  FieldClass,
  StructureFieldClass,
  StructureMember,
  TraceClass,
  VariantFieldClass,
} from '@ringtail/ctf';

/**
 * A trace class of Ringtail's tracer in the form of CTF 2 metadata. Options of variants have selecting values instead
 * of a label, ranges of a label stand together, the UUID in packet headers is a BLOB with a role, and the trace has an
 * identity.
 */
export function asCtf2(trace: TraceClass): TraceClass {
  const { packetHeader, uuid } = trace;
  return {
    ...trace,
    identity: { namespace: 'lttng.org,2009', name: '', uid: uuid! },
    ...(packetHeader && { packetHeader: { ...packetHeader, members: packetHeader.members.map(uuidAsBlob) } }),
    dataStreamClasses: trace.dataStreamClasses.map((stream) => ({
      ...stream,
      ...(stream.eventRecordHeader && { eventRecordHeader: structure(stream.eventRecordHeader) }),
      eventRecordClasses: stream.eventRecordClasses.map((event) => ({
        ...event,
        ...(event.payload && { payload: structure(event.payload) }),
      })),
    })),
  };
}

function uuidAsBlob(member: StructureMember): StructureMember {
  if (member.name !== 'uuid') return member;
  return { ...member, fieldClass: { kind: 'static-blob', length: 16, roles: ['metadata-stream-uuid'] } };
}

function structure(fieldClass: StructureFieldClass): StructureFieldClass {
  const { members } = fieldClass;
  return { ...fieldClass, members: members.map((m) => ({ ...m, fieldClass: inner(m.fieldClass, members) })) };
}

/** @param around members of the enclosing structure, one of which is the selector of a variant */
function inner(fieldClass: FieldClass, around: readonly StructureMember[]): FieldClass {
  switch (fieldClass.kind) {
    case 'structure':
      return structure(fieldClass);
    case 'static-array':
    case 'dynamic-array':
      return { ...fieldClass, element: inner(fieldClass.element, around) };
    case 'enumeration':
      return { ...fieldClass, mappings: byLabel(fieldClass) };
    case 'variant':
      return variant(fieldClass, around);
    default:
      return fieldClass;
  }
}

/** All ranges of a label stand together. */
function byLabel({ mappings }: EnumerationFieldClass): EnumerationMapping[] {
  const labels = [...new Set(mappings.map(({ label }) => label))];
  return labels.flatMap((label) => mappings.filter((m) => m.label === label));
}

function variant(fieldClass: VariantFieldClass, around: readonly StructureMember[]): VariantFieldClass {
  const [name] = fieldClass.selector.path;
  const selector = around.find((m) => m.name === name)?.fieldClass as EnumerationFieldClass;
  const options = fieldClass.options.map((o) => ({
    ...o,
    fieldClass: inner(o.fieldClass, around),
    ranges: selector.mappings.filter((m) => m.label === o.name).map(({ lower, upper }) => ({ lower, upper })),
  }));
  return { ...fieldClass, options };
}
