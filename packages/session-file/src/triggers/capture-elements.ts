import { parseFilter } from '@ringtail/ctf/filter';
import type { XmlChildren } from '../xml/xml-element.ts';
import type { XmlNode } from '../xml/xml-node.ts';

/** A field of an event or context, or an element of a field. */
type Field = Pick<Extract<ReturnType<typeof parseFilter>, { readonly kind: 'field' }>, 'scope' | 'path'>;

/** Largest number of nested indexes; no array has more dimensions. */
const INDEXES_MAX = 16;

/** A capture in LTTng's elements. A malformed capture is shown as the name of a field. */
export function captureElement(text: string): XmlChildren {
  return fieldElement(fieldOf(text) ?? { scope: 'payload', path: [text] });
}

/**
 * Whether LTTng's elements express a capture exactly: they have indexes after a name, but no names after indexes. A
 * capture whose text differs after it is read again, as with a hexadecimal index, would become another capture.
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

/** The field of a capture expression; undefined for another expression. */
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
