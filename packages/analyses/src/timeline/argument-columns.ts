import {
  type DataStream,
  type EventRecordClass,
  type FieldValue,
  type StructureFieldClass,
  TextView,
  VariantValue,
  type VisitedField,
} from '@ringtail/ctf';
import type { Arguments } from '../fields/field-place.ts';
import { shownMembers } from '../fields/shown-members.ts';
import type { ArgumentColumn, EventArguments } from './timeline-records.ts';

/** Contexts that name the process and the thread, which a timeline shows otherwise. */
const IDENTITY = new Set(['vpid', 'pid', 'vtid', 'tid', 'pthread_id', 'procname']);

/** Reads the payload and the contexts of events of a class. */
export function argumentsReader(
  of: EventRecordClass,
  stream: DataStream,
  args: Arguments,
): (values: readonly VisitedField[]) => EventArguments {
  const columns: ArgumentColumn[] = [];
  const indices: number[] = [];
  const add = (structure: StructureFieldClass | undefined, prefix: string, nameOf: (name: string) => string) => {
    for (const { name, fieldClass } of shownMembers(structure)) {
      if (prefix !== '' && IDENTITY.has(name)) continue;
      columns.push({ name: nameOf(name), fieldClass });
      indices.push(args.add(prefix + name));
    }
  };
  add(of.payload, '', (name) => name);
  add(stream.class.eventRecordCommonContext, '$ctx.', contextName);
  add(of.specificContext, '$event.', contextName);
  return (values) => ({ columns, values: indices.map((index) => plain(values[index])) });
}

/** `_app_node_route` is `node.route`: the provider of a context, and its name. */
function contextName(name: string): string {
  return name.replace(/^_app_([^_]+)_/, '$1.').replace(/^_app_/, '');
}

/** Texts live until the handler returns. A context without a value is a variant with an empty structure. */
function plain(value: VisitedField): FieldValue {
  if (value instanceof TextView) return value.toString();
  if (!(value instanceof VariantValue) || typeof value.value !== 'object') return value;
  return Object.keys(value.value).length === 0 ? undefined : value;
}
