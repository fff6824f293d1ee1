import { parseFilter } from '@ringtail/ctf/filter';
import type { XmlChildren } from '../xml/xml-element.ts';
import type { XmlNode } from '../xml/xml-node.ts';

/** A field of an event or a context, or an element of one. */
type Field = Pick<Extract<ReturnType<typeof parseFilter>, { readonly kind: 'field' }>, 'scope' | 'path'>;

/** So many indexes are said with elements in each other; no array has more dimensions. */
const INDEXES_MAX = 16;

/** What a capture names in LTTng's words. Whatever is no field is shown as the name of one. */
export function captureElement(text: string): XmlChildren {
  return fieldElement(fieldOf(text) ?? { scope: 'payload', path: [text] });
}

/**
 * Whether LTTng's words say exactly what a capture names: they have indexes behind a name, and no names behind indexes. One that is
 * written otherwise than it would be read again, as with an index in base 16, would be taken for another one.
 */
export function isLttngCapture(text: string): boolean {
  const field = fieldOf(text);
  if (field === undefined) return false;
  const names = field.path.filter((step) => typeof step === 'string');
  const indexes = field.path.slice(names.length);
  return indexes.length <= INDEXES_MAX && text === spelled(field.scope, names, indexes);
}

/** The capture of an `event_expr`. @throws {SessionFileError} */
export function captureOf(node: XmlNode): string {
  const [kind, expression] = node.variant();
  switch (kind) {
    case 'event_expr_payload_field':
      return expression.requiredText('name');
    case 'event_expr_channel_context_field':
      return `$ctx.${expression.requiredText('name')}`;
    case 'event_expr_app_specific_context_field':
      return `$app.${expression.requiredText('provider_name')}:${expression.requiredText('type_name')}`;
    case 'event_expr_array_field_element':
      return `${captureOf(expression.requiredChild('event_expr'))}[${expression.requiredInteger('index')}]`;
    default:
      return node.refuse(`there is no expression ${kind}`);
  }
}

/** The field that an expression of a capture names; undefined if it is none. */
export function fieldOf(text: string): Field | undefined {
  try {
    const expression = parseFilter(text);
    return expression.kind === 'field' ? expression : undefined;
  } catch {
    return undefined;
  }
}

function spelled(scope: Field['scope'], names: readonly string[], indexes: readonly (string | number)[]): string {
  const [provider, ...rest] = names;
  const name = {
    payload: names.join('.'),
    context: `$ctx.${names.join('.')}`,
    application: `$app.${provider}:${rest.join('.')}`,
  }[scope];
  return name + indexes.map((index) => `[${index}]`).join('');
}

function fieldElement({ scope, path }: Field): XmlChildren {
  const last = path.at(-1);
  if (typeof last === 'number') {
    const inner = fieldElement({ scope, path: path.slice(0, -1) });
    return { event_expr_array_field_element: { index: last, event_expr: inner } };
  }
  if (scope === 'application') {
    const [provider, ...names] = path;
    return {
      event_expr_app_specific_context_field: { provider_name: String(provider), type_name: names.join('.') },
    };
  }
  const name = { name: path.join('.') };
  return scope === 'context' ? { event_expr_channel_context_field: name } : { event_expr_payload_field: name };
}
