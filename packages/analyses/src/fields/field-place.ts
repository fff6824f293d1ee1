import {
  type DataStream,
  type EventRecordClass,
  type EventView,
  type FieldValue,
  type StructureFieldClass,
  TextView,
  VariantValue,
  type VisitedField,
} from '@ringtail/ctf';

/**
 * Where the value of a field is found: among the arguments of a handler, under this name, or in the context of the
 * packet.
 */
export type FieldPlace =
  | { readonly scope: 'event'; readonly argument: string }
  | { readonly scope: 'packet'; readonly member: string };

/** A value that groups and pairs events, and that texts show. */
export type PlainValue = number | bigint | string | boolean;

/**
 * The place of a field, as filters name it: `NAME` of the payload, or `$ctx.NAME` and `$app.PROVIDER:NAME` of the
 * contexts. A name that the payload lacks is searched in the contexts as well.
 *
 * @returns undefined if events of this class have no such field
 */
export function placeOfField(name: string, of: EventRecordClass, stream: DataStream): FieldPlace | undefined {
  const context = /^\$ctx\.(.+)$/.exec(name)?.[1] ?? appContextMember(name);
  if (context !== undefined) return placeOfContext(context, of, stream);
  return hasMember(of.payload, name) ? { scope: 'event', argument: name } : placeOfContext(name, of, stream);
}

/** The place of a context field: of the event, or of its packet. */
export function placeOfContext(name: string, of: EventRecordClass, stream: DataStream): FieldPlace | undefined {
  if (hasMember(of.specificContext, name)) return { scope: 'event', argument: `$event.${name}` };
  const { eventRecordCommonContext, packetContext } = stream.class;
  if (hasMember(eventRecordCommonContext, name)) return { scope: 'event', argument: `$ctx.${name}` };
  return hasMember(packetContext, name) ? { scope: 'packet', member: name } : undefined;
}

/** The name in traces of an application context: `$app.shop:request` is the member `_app_shop_request`. */
function appContextMember(name: string): string | undefined {
  const [, provider, context] = /^\$app\.([^:]+):(.+)$/.exec(name) ?? [];
  return provider === undefined ? undefined : `_app_${provider}_${context}`;
}

function hasMember(structure: StructureFieldClass | undefined, name: string): boolean {
  return structure?.members.some((member) => member.name === name) === true;
}

/** The arguments that a handler requests, each once. */
export class Arguments {
  readonly names: string[] = [];

  /** @returns the index of the argument */
  add(name: string): number {
    const known = this.names.indexOf(name);
    return known === -1 ? this.names.push(name) - 1 : known;
  }

  /** @returns a function that finds the value of the field in an event and its arguments */
  reader(place: FieldPlace): (view: EventView, values: readonly VisitedField[]) => PlainValue | undefined {
    if (place.scope === 'packet') return (view) => plainValue(view.packet.context?.[place.member]);
    const index = this.add(place.argument);
    return (_view, values) => plainValue(values[index]);
  }
}

/** @returns undefined for a field that is absent or has several parts */
export function plainValue(value: VisitedField | FieldValue): PlainValue | undefined {
  if (value instanceof TextView) return value.toString();
  if (value instanceof VariantValue) return plainValue(value.value);
  return typeof value === 'object' ? undefined : value;
}
