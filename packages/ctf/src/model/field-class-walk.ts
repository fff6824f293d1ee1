import { integerOf } from './class-facts.ts';
import type { ByteOrder, FieldClass } from './field-class.ts';
import type { DataStreamClass, TraceClass } from './trace-class.ts';

/** Whether timestamps name the clock of a data stream class. */
export function tellsClock({ packetContext, eventRecordHeader }: DataStreamClass): boolean {
  return [packetContext, eventRecordHeader].some((root) => root !== undefined && clockNameIn(root) !== undefined);
}

/** The name of the first clock to which a field within this class refers. */
export function clockNameIn(fieldClass: FieldClass): string | undefined {
  let name: string | undefined;
  visitFieldClasses(fieldClass, (inner) => {
    name ??= integerOf(inner)?.clock;
  });
  return name;
}

/** CTF 2 has no native byte order. In CTF 1.8, the byte order of the first field serves as well as any. */
export function byteOrderOf(trace: TraceClass): ByteOrder {
  const roots = [
    trace.packetHeader,
    ...trace.dataStreamClasses.flatMap((stream) => [
      stream.packetContext,
      stream.eventRecordHeader,
      stream.eventRecordCommonContext,
      ...stream.eventRecordClasses.flatMap(({ specificContext, payload }) => [specificContext, payload]),
    ]),
  ];
  let byteOrder: ByteOrder | undefined;
  for (const root of roots) {
    if (byteOrder !== undefined) break;
    if (root === undefined) continue;
    visitFieldClasses(root, (fieldClass) => {
      const field = fieldClass.kind === 'enumeration' ? fieldClass.container : fieldClass;
      if ('byteOrder' in field) byteOrder ??= field.byteOrder;
    });
  }
  return byteOrder ?? 'le';
}

/** Calls `see` with every class within, the outer ones first. */
export function visitFieldClasses(fieldClass: FieldClass, see: (fieldClass: FieldClass) => void): void {
  see(fieldClass);
  switch (fieldClass.kind) {
    case 'structure':
      for (const m of fieldClass.members) visitFieldClasses(m.fieldClass, see);
      break;
    case 'static-array':
    case 'dynamic-array':
      visitFieldClasses(fieldClass.element, see);
      break;
    case 'optional':
      visitFieldClasses(fieldClass.content, see);
      break;
    case 'variant':
      for (const o of fieldClass.options) visitFieldClasses(o.fieldClass, see);
      break;
    default:
      break;
  }
}
