/**
 * Shapes: one definition is both the TypeScript type of a message and its check.
 *
 * A shape is a function that checks a JSON value. It throws a {@link ShapeError} which names the wrong member.
 */
import { RingtailError } from '@ringtail/base';

export type ShapeErrorCode = 'BAD_MESSAGE' | 'PROTOCOL_VERSION';

/** A message does not have the shape that the protocol gives it. */
export class ShapeError extends RingtailError<ShapeErrorCode> {
  override readonly name = 'ShapeError';
}

/**
 * How much a shape checks.
 *
 * - `all`: types, bounds and names. The result is a new value without unknown members. For messages of untrusted
 *   senders.
 * - `types`: types only. The result is the value itself. For messages of a daemon, which has checked bounds and names
 *   before.
 */
export type Extent = 'all' | 'types';

/** Checks `value`; errors call it `name`. */
export type Shape<T> = (value: unknown, name: string, extent: Extent) => T;

/** The TypeScript type that a shape gives. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** A member that may be absent. */
export type Optional<T> = Shape<T> & { readonly isOptional: true };

/** Shapes of the members of an object. */
export type Members = { readonly [name: string]: Shape<unknown> };

type Flat<T> = { [Name in keyof T]: T[Name] };

/** The object that has these members. */
export type ObjectOf<M> = Flat<
  { readonly [Name in keyof M as M[Name] extends Optional<unknown> ? never : Name]: Shaped<M[Name]> } & {
    readonly [Name in keyof M as M[Name] extends Optional<unknown> ? Name : never]?: Shaped<M[Name]>;
  }
>;

/** One object type for each kind; the member `Tag` names the kind. */
export type VariantOf<Tag extends string, V> = {
  [Kind in keyof V]: Flat<{ readonly [Name in Tag]: Kind } & ObjectOf<V[Kind]>>;
}[keyof V];

export type JsonObject = { readonly [name: string]: unknown };

export function refuseShape(message: string): never {
  throw new ShapeError('BAD_MESSAGE', message);
}

export function objectOf(value: unknown, name: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  return refuseShape(`${name} must be an object`);
}

// The tracer's bundle leaves out every definition that it does not use: the annotations below say that it may.

/* @__NO_SIDE_EFFECTS__ */
export function object<const M extends Members>(members: M): Shape<ObjectOf<M>> & { readonly members: M } {
  const names = Object.keys(members);
  const shapes = Object.values(members) as (Shape<unknown> & { readonly isOptional?: true })[];
  const check = (value: unknown, name: string, extent: Extent) => {
    const json = objectOf(value, name);
    const copy: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      const member = names[i]!;
      const shape = shapes[i]!;
      const found = json[member];
      if (found === undefined && shape.isOptional) continue;
      const checked = shape(found, member, extent);
      if (extent === 'all') copy[member] = checked;
    }
    return (extent === 'all' ? copy : json) as ObjectOf<M>;
  };
  return Object.assign(check, { members });
}

/* @__NO_SIDE_EFFECTS__ */
export function optional<T>(shape: Shape<T>): Optional<T> {
  const check: Shape<T> = (value, name, extent) => shape(value, name, extent);
  return Object.assign(check, { isOptional: true } as const);
}

/* @__NO_SIDE_EFFECTS__ */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, name, extent) => (value === null ? null : shape(value, name, extent));
}

/**
 * An array of at most `lengthMax` elements.
 *
 * @param each name of one element in errors; the array's name by default
 */
/* @__NO_SIDE_EFFECTS__ */
export function list<T>(element: Shape<T>, lengthMax = Number.POSITIVE_INFINITY, each?: string): Shape<readonly T[]> {
  return (value, name, extent) => {
    if (!Array.isArray(value) || (extent === 'all' && value.length > lengthMax)) {
      const bound = lengthMax === Number.POSITIVE_INFINITY ? '' : ` of at most ${lengthMax} elements`;
      return refuseShape(`${name} must be an array${bound}`);
    }
    const elements: readonly unknown[] = value;
    if (extent === 'all') return elements.map((one) => element(one, each ?? name, extent));
    for (const one of elements) element(one, each ?? name, extent);
    return value;
  };
}

/** An object whose members all have one shape. Copies nothing: for messages of daemons only. */
/* @__NO_SIDE_EFFECTS__ */
export function record<T>(member: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, name, extent) => {
    const json = objectOf(value, name);
    for (const [key, one] of Object.entries(json)) member(one, key, extent);
    return json as Readonly<Record<string, T>>;
  };
}

/**
 * An object of one of several kinds, which the member `tag` names.
 *
 * @param refusal sentence that refuses an unknown kind
 */
/* @__NO_SIDE_EFFECTS__ */
export function variant<const Tag extends string, const V extends { readonly [kind: string]: Members }>(
  tag: Tag,
  variants: V,
  refusal: string,
): Shape<VariantOf<Tag, V>> {
  const shapes = new Map<unknown, Shape<unknown>>();
  for (const [kind, members] of Object.entries(variants))
    shapes.set(kind, object({ [tag]: literal(kind), ...members }));
  return (value, name, extent) => {
    const shape = shapes.get(objectOf(value, name)[tag]) ?? refuseShape(refusal);
    return shape(value, name, extent) as VariantOf<Tag, V>;
  };
}

/** An object of the first shape if it has `member`, of the second one if not. */
/* @__NO_SIDE_EFFECTS__ */
export function eitherBy<A, B>(member: string, present: Shape<A>, absent: Shape<B>): Shape<A | B> {
  return (value, name, extent) =>
    objectOf(value, name)[member] === undefined ? absent(value, name, extent) : present(value, name, extent);
}

/** A shape with one more condition, which extent `types` leaves out. `check` returns the value or refuses it. */
/* @__NO_SIDE_EFFECTS__ */
export function refined<T>(shape: Shape<T>, check: (value: T, name: string) => T): Shape<T> {
  return (value, name, extent) => {
    const typed = shape(value, name, extent);
    return extent === 'all' ? check(typed, name) : typed;
  };
}

/* @__NO_SIDE_EFFECTS__ */
export function literal<const T extends string | boolean>(expected: T): Shape<T> {
  return (value, name) => (value === expected ? expected : refuseShape(`${name} must be ${expected}`));
}

/* @__NO_SIDE_EFFECTS__ */
export function oneOf<const Choice extends string>(choices: readonly Choice[]): Shape<Choice> {
  return (value, name) =>
    choices.find((choice) => choice === value) ?? refuseShape(`${name} must be one of ${choices.join(', ')}`);
}

export const nothing: Shape<null> = (value, name) => (value === null ? null : refuseShape(`${name} must be null`));

export const boolean: Shape<boolean> = (value, name) =>
  typeof value === 'boolean' ? value : refuseShape(`${name} must be true or false`);

/** Any text. */
export const text: Shape<string> = (value, name) =>
  typeof value === 'string' ? value : refuseShape(`${name} must be a text`);

export const anyNumber: Shape<number> = (value, name) =>
  typeof value === 'number' ? value : refuseShape(`${name} must be a number`);

/* @__NO_SIDE_EFFECTS__ */
export function number(min: number, max: number): Shape<number> {
  return (value, name, extent) => {
    if (typeof value === 'number' && (extent === 'types' || (value >= min && value <= max))) return value;
    return refuseShape(`${name} must be a number from ${min} to ${max}`);
  };
}

/* @__NO_SIDE_EFFECTS__ */
export function integer(min: number, max: number): Shape<number> {
  return (value, name, extent) => {
    if (
      typeof value === 'number' &&
      Number.isSafeInteger(value) &&
      (extent === 'types' || (value >= min && value <= max))
    ) {
      return value;
    }
    return refuseShape(`${name} must be an integer from ${min} to ${max}`);
  };
}

/** 0 and above: a number of things, or a key that a daemon gives. */
export const count = integer(0, Number.MAX_SAFE_INTEGER);
/** 1 and above. */
export const size = integer(1, Number.MAX_SAFE_INTEGER);
