import type { Cursor } from './cursor.ts';
import type { FieldValue, StructureValue } from './values.ts';

export type FieldDecoder = (cursor: Cursor) => FieldValue;

/** Beyond this many members, generated code would cost more than it saves. */
const GENERATED_MEMBERS_MAX = 400;

/**
 * Builds a decoder of the members of a structure, one after the other, into an object.
 *
 * It uses `new Function` where that is allowed: an object literal gives every value of the class one shape, which makes
 * its properties fast to read. Otherwise it uses a loop, with the same result.
 */
export function membersDecoder(names: readonly string[], decoders: readonly FieldDecoder[]): FieldDecoder {
  return generated(names, decoders) ?? looped(names, decoders);
}

function generated(names: readonly string[], decoders: readonly FieldDecoder[]): FieldDecoder | undefined {
  if (names.length > GENERATED_MEMBERS_MAX) return undefined;
  const constants = decoders.map((_, i) => `const d${i} = decoders[${i}];`).join('\n');
  // A computed key makes `__proto__` a property like any other.
  const properties = names.map((name, i) => `[${JSON.stringify(name)}]: d${i}(cursor),`).join('\n');
  try {
    const make = new Function('decoders', `${constants}\nreturn (cursor) => ({\n${properties}\n});`);
    return make(decoders) as FieldDecoder;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** Exported for its test: the way taken where code generation is forbidden. */
export function looped(names: readonly string[], decoders: readonly FieldDecoder[]): FieldDecoder {
  return (cursor) => {
    const value: Record<string, FieldValue> = {};
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const field = decoders[i]!(cursor);
      if (name === '__proto__') {
        Object.defineProperty(value, name, { value: field, enumerable: true, configurable: true, writable: true });
      } else {
        value[name] = field;
      }
    }
    return value as StructureValue;
  };
}

/** Decodes members for their roles alone. */
export function membersSkipper(decoders: readonly FieldDecoder[]): FieldDecoder {
  const nothing: StructureValue = {};
  return (cursor) => {
    for (let i = 0; i < decoders.length; i++) decoders[i]!(cursor);
    return nothing;
  };
}
