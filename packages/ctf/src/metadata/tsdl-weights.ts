import type { FieldClass } from '../model/field-class.ts';

const DEPTH_MAX = 64;
const FIELDS_MAX = 100_000;
/** Of a whole trace. LTTng's kernel tracer describes some 20,000. */
const TRACE_FIELDS_MAX = 2_000_000;
const TRACE_PLACE_CHARACTERS_MAX = 2 ** 28;
/** Of all enumerations of a trace, each as often as it is used: details list them that often. */
const TRACE_LABELS_MAX = 4_000_000;

interface Weight {
  readonly depth: number;
  /** Number of fields, including those of the classes within, each as often as it is used. */
  readonly fields: number;
  /** Length of the names that lead to each field, summed up: links between fields are found by these. */
  readonly placeCharacters: number;
  /** Mappings of enumerations, each as often as it is used. */
  readonly labels: number;
}

/**
 * Counts the fields of large types when they are written out.
 *
 * A type may be used by name several times, so a few lines of metadata can describe a type of 2^60 fields, and a walk
 * over all of them would never end.
 */
export class TypeWeights {
  readonly #weights = new WeakMap<FieldClass, Weight>();
  #traceFields = 0;
  #tracePlaceCharacters = 0;
  #traceLabels = 0;

  isExcessive(fieldClass: FieldClass): boolean {
    const { depth, fields } = this.#weigh(fieldClass);
    return depth > DEPTH_MAX || fields > FIELDS_MAX;
  }

  /** Adds the root of a scope to the whole trace. Many short events may have one large type. */
  exceedsWhole(root: FieldClass): boolean {
    const { fields, placeCharacters, labels } = this.#weigh(root);
    this.#traceFields += fields;
    this.#tracePlaceCharacters += placeCharacters;
    this.#traceLabels += labels;
    return (
      this.#traceFields > TRACE_FIELDS_MAX ||
      this.#tracePlaceCharacters > TRACE_PLACE_CHARACTERS_MAX ||
      this.#traceLabels > TRACE_LABELS_MAX
    );
  }

  /** The classes within have been weighed before, so this does not go down. */
  #weigh(fieldClass: FieldClass): Weight {
    const known = this.#weights.get(fieldClass);
    if (known !== undefined) return known;
    let depth = 1;
    let fields = 1;
    let placeCharacters = 0;
    let labels = fieldClass.kind === 'enumeration' ? fieldClass.mappings.length : 0;
    for (const [name, inner] of innerClasses(fieldClass)) {
      const weight = this.#weigh(inner);
      depth = Math.max(depth, weight.depth + 1);
      fields += weight.fields;
      placeCharacters += weight.placeCharacters + (name.length + 2) * weight.fields;
      labels += weight.labels;
    }
    const weight = { depth, fields, placeCharacters, labels };
    this.#weights.set(fieldClass, weight);
    return weight;
  }
}

function innerClasses(fieldClass: FieldClass): readonly (readonly [string, FieldClass])[] {
  switch (fieldClass.kind) {
    case 'structure':
      return fieldClass.members.map((m) => [m.name, m.fieldClass]);
    case 'variant':
      return fieldClass.options.map((o) => [o.name, o.fieldClass]);
    case 'static-array':
    case 'dynamic-array':
      return [['', fieldClass.element]];
    case 'optional':
      return [['', fieldClass.content]];
    default:
      return [];
  }
}
