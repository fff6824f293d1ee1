import type { FilterExpression, FilterField } from '@ringtail/ctf';
import type { EventFormat, FormatField } from '../formats/event-format.ts';
import { type KernelEvent, recordFields } from '../formats/kernel-event.ts';
import type { RecordField } from '../formats/record-field.ts';
import { KernelError } from '../kernel-error.ts';

/** A filter in the kernel's language, or the name of a field that the event does not have. */
export type KernelFilter =
  | { readonly kind: 'filter'; readonly text: string }
  | { readonly kind: 'lacks'; readonly field: string };

type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';
type Binary = Extract<FilterExpression, { readonly kind: 'binary' }>;

/** The kernel reads one page. */
const TEXT_LENGTH_MAX = 4095;
/** The same comparison with its sides exchanged. */
const EXCHANGED: Readonly<Record<string, Comparison>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};
/** Characters of texts that mean themselves in the kernel's filters. */
const PLAIN_TEXT = /^[\w ./:@+,#=%-]*$/;
/** Contexts that the kernel's filters know for each event, by LTTng's names. */
const CONTEXTS: Readonly<Record<string, Field>> = {
  tid: { kind: 'integer', name: 'common_pid', minus: 0, bytes: 4, signed: true },
  cpu_id: { kind: 'integer', name: 'CPU', minus: 0, bytes: 4, signed: false },
  procname: { kind: 'text', name: 'COMM' },
};

/** A field as the kernel's filters know it. */
type Field =
  | {
      readonly kind: 'integer';
      readonly name: string;
      readonly minus: number;
      readonly bytes: number;
      readonly signed: boolean;
    }
  | { readonly kind: 'text'; readonly name: string }
  | { readonly kind: 'other'; readonly name: string };

class LacksField extends Error {
  readonly field: string;

  constructor(field: string) {
    super(field);
    this.field = field;
  }
}

/**
 * Translates a filter for one event into the kernel's language.
 *
 * @throws {KernelError} `REFUSED` for an expression that the kernel cannot evaluate, or not with the same result
 */
export function kernelFilterOf(expression: FilterExpression, event: KernelEvent, format: EventFormat): KernelFilter {
  const fields = filterFields(event, format);
  try {
    const text = logical(expression, fields);
    if (text.length > TEXT_LENGTH_MAX) throw refused('it is too long');
    return { kind: 'filter', text };
  } catch (error) {
    if (error instanceof LacksField) return { kind: 'lacks', field: error.field };
    throw error;
  }
}

function logical(expression: FilterExpression, fields: ReadonlyMap<string, Field>): string {
  if (expression.kind === 'unary' && expression.operator === '!') return `!(${logical(expression.operand, fields)})`;
  if (expression.kind !== 'binary') throw refused('it needs comparisons, joined by &&, || and !', expression);
  const { operator, left, right } = expression;
  if (operator === '&&' || operator === '||') {
    return `(${logical(left, fields)}) ${operator} (${logical(right, fields)})`;
  }
  return comparison(expression, fields);
}

function comparison(expression: Binary, fields: ReadonlyMap<string, Field>): string {
  const { operator, left, right } = expression;
  const exchanged = EXCHANGED[operator];
  if (exchanged === undefined) throw refused(`it has no operator ${operator}`, expression);
  const [named, operand, compared] =
    left.kind === 'field' ? ([left, right, operator as Comparison] as const) : ([right, left, exchanged] as const);
  if (named.kind !== 'field') throw refused('it compares fields with constants', expression);
  const field = fieldOf(named, fields);
  if (operand.kind === 'text') return compareText(field, compared, operand.pattern, expression);
  const value = constantOf(operand);
  if (value === undefined) throw refused('it compares fields with constants', expression);
  return compareInteger(field, compared, value, expression);
}

function fieldOf(named: FilterField, fields: ReadonlyMap<string, Field>): Field {
  const { scope, path } = named;
  const [name, ...more] = path;
  if (scope !== 'application' && (more.length > 0 || typeof name !== 'string')) {
    throw refused('it has no members and elements', named);
  }
  if (scope === 'payload' && typeof name === 'string') {
    const field = fields.get(name);
    if (field === undefined) throw new LacksField(name);
    return field;
  }
  const context = scope === 'context' && Object.hasOwn(CONTEXTS, String(name)) ? CONTEXTS[String(name)] : undefined;
  if (context === undefined) throw refused(`it knows only the contexts ${Object.keys(CONTEXTS).join(', ')}`, named);
  return context;
}

function constantOf(expression: FilterExpression): bigint | undefined {
  if (expression.kind === 'integer') return expression.value;
  if (expression.kind !== 'unary' || expression.operator === '!' || expression.operator === '~') return undefined;
  const value = constantOf(expression.operand);
  return value === undefined || expression.operator === '+' ? value : -value;
}

function compareInteger(field: Field, operator: Comparison, value: bigint, at: FilterExpression): string {
  if (field.kind !== 'integer') throw refused(`${field.name} is not an integer`, at);
  const { name, minus, bytes, signed } = field;
  const constant = value + BigInt(minus);
  const bits = BigInt(bytes * 8);
  const [least, most] = signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  if (constant < least || constant > most) throw refused(`${value} is no value of the field`, at);
  return `${name} ${operator} ${constant}`;
}

function compareText(field: Field, operator: Comparison, pattern: readonly string[], at: FilterExpression): string {
  if (field.kind !== 'text') throw refused(`${field.name} is not a text`, at);
  if (operator !== '==' && operator !== '!=') throw refused('it has no order of texts', at);
  const unusual = pattern.find((part) => !PLAIN_TEXT.test(part));
  if (unusual !== undefined) throw refused(`it cannot compare ${JSON.stringify(unusual)}`, at);
  if (pattern.length === 1) return `${field.name} ${operator} "${pattern[0]}"`;
  const matches = `${field.name} ~ "${pattern.join('*')}"`;
  return operator === '==' ? matches : `!(${matches})`;
}

/** Fields by their names in the trace. */
function filterFields({ system }: KernelEvent, { fields }: EventFormat): Map<string, Field> {
  const named = new Map<string, Field>();
  const recorded = new Map(recordFields(system, { fields }).map((field) => [field.name, field]));
  for (const field of fields) {
    const [alone] = recordFields(system, { fields: [field] });
    const name = alone !== undefined && !fields.some((other) => other.name === alone.name) ? alone.name : field.name;
    const record = recorded.get(name);
    if (record !== undefined) named.set(name, kernelField(field, record));
  }
  return named;
}

function kernelField(field: FormatField, record: RecordField): Field {
  const { name } = field;
  if (record.kind === 'text' || record.kind === 'string') return { kind: 'text', name };
  // The kernel compares the text behind the pointer, as LTTng does.
  if (/\bchar\b.*\*/.test(field.type)) return { kind: 'text', name };
  // The trace has a narrower integer than the kernel compares, or one with another sign.
  if (record.kind !== 'integer' || record.shape.bytes !== field.size) return { kind: 'other', name };
  const { minus } = record;
  if (minus === 0 && record.shape.signed !== field.signed) return { kind: 'other', name };
  return { kind: 'integer', name, minus, bytes: field.size, signed: field.signed };
}

function refused(reason: string, at?: { readonly column: number }): KernelError {
  const place = at === undefined ? '' : ` (column ${at.column})`;
  return new KernelError('REFUSED', `the kernel cannot evaluate this filter: ${reason}${place}`);
}
