import type { FieldClass } from '../model/field-class.ts';

const DEPTH_MAX = 64;
const FIELDS_MAX = 100_000;

interface Weight {
  readonly depth: number;
  /** Fields with those of the classes within, each as often as it is used. */
  readonly fields: number;
}

/**
 * Keeps count of how large types become when they are written out.
 *
 * A type may be used by name several times, so a few lines of metadata can describe a type of 2^60 fields, and
 * whatever walks over that would never come back.
 */
export class TypeWeights {
  readonly #weights = new WeakMap<FieldClass, Weight>();

  isExcessive(fieldClass: FieldClass): boolean {
    const { depth, fields } = this.#weigh(fieldClass);
    return depth > DEPTH_MAX || fields > FIELDS_MAX;
  }

  /** The classes within have been weighed before, so this does not go down. */
  #weigh(fieldClass: FieldClass): Weight {
    const known = this.#weights.get(fieldClass);
    if (known !== undefined) return known;
    let depth = 1;
    let fields = 1;
    for (const inner of innerClasses(fieldClass)) {
      const weight = this.#weigh(inner);
      depth = Math.max(depth, weight.depth + 1);
      fields += weight.fields;
    }
    const weight = { depth, fields };
    this.#weights.set(fieldClass, weight);
    return weight;
  }
}

function innerClasses(fieldClass: FieldClass): readonly FieldClass[] {
  switch (fieldClass.kind) {
    case 'structure':
      return fieldClass.members.map((m) => m.fieldClass);
    case 'variant':
      return fieldClass.options.map((o) => o.fieldClass);
    case 'static-array':
    case 'dynamic-array':
      return [fieldClass.element];
    default:
      return [];
  }
}
