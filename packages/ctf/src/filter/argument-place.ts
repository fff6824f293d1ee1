import { zeroOf } from '../encode/closure-encoder.ts';
import type { ScalarSpec } from '../encode/scalar.ts';
import { isScalar } from '../encode/scalar.ts';
import type { ArraySpec, BytesSpec, FieldSpec, NamedFieldSpec, SequenceSpec } from '../schema/field-spec.ts';
import { WRAPPED_NAME } from '../schema/lower.ts';
import type { FilterField } from './filter-ast.ts';

/** Where the value of a context field comes from, for a filter that names it. */
export interface FilterContext {
  readonly field: NamedFieldSpec;
  read(): unknown;
  /** The same as source text, with the values of the names in it. */
  readonly inline?: { readonly expression: string; readonly constants: Readonly<Record<string, unknown>> };
}

/** The operands of a filter over the arguments of a tracepoint. */
export interface FilterScope {
  /** One for each argument. */
  readonly fields: readonly NamedFieldSpec[];
  /** By the name behind `$ctx.`, or the whole of `$app.PROVIDER:NAME`. */
  readonly lookUpContext: (name: string) => FilterContext | undefined;
}

/** The way from a value that the application passed to the operand that a filter or a capture names. */
export interface ArgumentPlace<Leaf = PlaceLeaf> {
  readonly root:
    | { readonly kind: 'argument'; readonly index: number }
    | { readonly kind: 'context'; readonly context: FilterContext };
  readonly steps: readonly PlaceStep[];
  readonly leaf: Leaf;
}

export type PlaceStep =
  | { readonly kind: 'member'; readonly name: string }
  /** Missing where the value is `undefined` or `null`. */
  | { readonly kind: 'present' }
  /** Missing beyond the end, unless there is a filler. */
  | { readonly kind: 'element'; readonly index: number; readonly filler?: { readonly value: unknown } }
  | { readonly kind: 'byte'; readonly index: number };

export type PlaceLeaf =
  | { readonly kind: 'scalar'; readonly spec: ScalarSpec }
  | { readonly kind: 'text' }
  /** The length before a field of variable size: elements of a list, bytes of a text or of bytes. */
  | { readonly kind: 'length'; readonly of: 'list' | 'text' | 'bytes' }
  /** The tag before an optional field: 1 if there is a value. */
  | { readonly kind: 'presence' }
  /** A number or a text, as each event has it. */
  | { readonly kind: 'dynamic' };

/** Captures read whole lists too. */
export type CaptureLeaf =
  | PlaceLeaf
  /** Numbers: as many as there are, or `length` of them. */
  | { readonly kind: 'list'; readonly element: ScalarSpec; readonly length: number | null }
  | { readonly kind: 'bytes' };

const BYTE: ScalarSpec = { kind: 'integer', signed: false, bits: 8, base: 10 };

/** Whether a list stands right behind the root: a list that can be read only once becomes an array first. */
export function beginsWithList({ steps, leaf }: ArgumentPlace<CaptureLeaf>): boolean {
  const first = steps.find(({ kind }) => kind !== 'present');
  if (first !== undefined) return first.kind === 'element';
  if (leaf.kind === 'list') return true;
  return leaf.kind === 'length' && leaf.of === 'list';
}

/**
 * Finds the argument field that a filter names, by its name in the trace.
 *
 * @returns undefined where the event has no such field, or the field is neither a number nor a text: the filter then
 *   treats it as missing
 */
export function findPlace(field: FilterField, scope: FilterScope): ArgumentPlace | undefined {
  const place = findCapture(field, scope);
  const kind = place?.leaf.kind;
  return kind === 'list' || kind === 'bytes' ? undefined : (place as ArgumentPlace | undefined);
}

/** The same for a capture. */
export function findCapture(
  { scope, path }: FilterField,
  { fields, lookUpContext }: FilterScope,
): ArgumentPlace<CaptureLeaf> | undefined {
  if (scope === 'payload') {
    for (const [index, field] of fields.entries()) {
      const way = throughMember(field, path);
      if (way !== undefined) return { root: { kind: 'argument', index }, ...way };
    }
    return undefined;
  }
  const [name, rest] =
    scope === 'context' ? [String(path[0]), path.slice(1)] : [`$app.${path[0]}:${path[1]}`, path.slice(2)];
  // Some names have dashes, for which the language has no place.
  const context = lookUpContext(name) ?? lookUpContext(name.replaceAll('_', '-'));
  const way = context === undefined ? undefined : throughMember(context.field, [context.field.name, ...rest]);
  return context === undefined || way === undefined ? undefined : { root: { kind: 'context', context }, ...way };
}

type Path = readonly (string | number)[];
type Way = Pick<ArgumentPlace<CaptureLeaf>, 'steps' | 'leaf'>;

/** Tries the members that a field becomes: itself, and the length or tag before it. */
function throughMember({ name, spec }: NamedFieldSpec, path: Path): Way | undefined {
  if (path[0] === name) return into(spec, path.slice(1));
  if (path.length !== 1) return undefined;
  if (path[0] === `_${name}_tag` && spec.kind === 'optional') return { steps: [], leaf: { kind: 'presence' } };
  if (path[0] !== `_${name}_length`) return undefined;
  if (spec.kind === 'sequence') return { steps: [], leaf: { kind: 'length', of: 'list' } };
  if (spec.kind === 'text' || spec.kind === 'bytes') return { steps: [], leaf: { kind: 'length', of: spec.kind } };
  return undefined;
}

function into(spec: FieldSpec, path: Path): Way | undefined {
  const step = path[0];
  if (spec.kind === 'filter-only') return into(spec.content, path);
  if (spec.kind === 'optional') return behind({ kind: 'present' }, content(spec.content, path));
  if (isScalar(spec)) return step === undefined ? { steps: [], leaf: { kind: 'scalar', spec } } : undefined;
  if (spec.kind === 'string' || spec.kind === 'text') {
    return step === undefined ? { steps: [], leaf: { kind: 'text' } } : undefined;
  }
  if (spec.kind === 'dynamic') return step === undefined ? { steps: [], leaf: { kind: 'dynamic' } } : undefined;
  if (spec.kind === 'structure') {
    for (const member of spec.members) {
      const way = throughMember(member, path);
      if (way !== undefined) return behind({ kind: 'member', name: member.name }, way);
    }
    return undefined;
  }
  if (step === undefined) return whole(spec);
  if (typeof step !== 'number') return undefined;
  const rest = path.slice(1);
  if (spec.kind === 'bytes')
    return rest.length === 0 ? behind({ kind: 'byte', index: step }, into(BYTE, rest)) : undefined;
  if (spec.kind === 'sequence') return behind({ kind: 'element', index: step }, content(spec.element, rest));
  if (step >= spec.length) return undefined;
  const filler = { value: zeroOf(spec.element) };
  return behind({ kind: 'element', index: step, filler }, content(spec.element, rest));
}

/** A whole list, which only captures read. */
function whole(spec: BytesSpec | ArraySpec | SequenceSpec): Way | undefined {
  if (spec.kind === 'bytes') return { steps: [], leaf: { kind: 'bytes' } };
  const { element } = spec;
  if (!isScalar(element)) return undefined;
  return { steps: [], leaf: { kind: 'list', element, length: spec.kind === 'array' ? spec.length : null } };
}

const WRAPPED_KINDS: ReadonlySet<FieldSpec['kind']> = new Set(['text', 'bytes', 'sequence', 'optional', 'dynamic']);

/** A field without a name of its own; see `lowerFields` for where a structure goes around it. */
function content(spec: FieldSpec, path: Path): Way | undefined {
  return WRAPPED_KINDS.has(spec.kind) ? throughMember({ name: WRAPPED_NAME, spec }, path) : into(spec, path);
}

function behind(step: PlaceStep, way: Way | undefined): Way | undefined {
  return way === undefined ? undefined : { steps: [step, ...way.steps], leaf: way.leaf };
}
