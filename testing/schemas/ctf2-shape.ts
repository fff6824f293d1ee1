/**
 * Checks that metadata fragments of CTF 2 have the properties that the specification requires, and no others.
 *
 * @see CTF2-SPEC-2.0 §5
 */

type Json = Readonly<Record<string, unknown>>;

interface Shape {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const ANYWHERE = ['type', 'attributes', 'extensions'];

function shape(required: string, optional = ''): Shape {
  const words = (text: string) => text.split(' ').filter((word) => word !== '');
  return { required: words(required), optional: [...words(optional), ...ANYWHERE] };
}

const BIT_ARRAY = shape('length byte-order', 'alignment bit-order');

const FRAGMENTS: Readonly<Record<string, Shape>> = {
  preamble: shape('version', 'uuid'),
  'trace-class': shape('', 'namespace name uid environment packet-header-field-class'),
  'clock-class': shape('id frequency', 'namespace name uid description precision accuracy origin offset-from-origin'),
  'data-stream-class': shape(
    '',
    'id namespace name uid default-clock-class-id packet-context-field-class event-record-header-field-class event-record-common-context-field-class',
  ),
  'event-record-class': shape(
    '',
    'id data-stream-class-id namespace name uid specific-context-field-class payload-field-class',
  ),
};

const FIELD_CLASSES: Readonly<Record<string, Shape>> = {
  'fixed-length-unsigned-integer': extended(BIT_ARRAY, 'preferred-display-base mappings roles'),
  'fixed-length-signed-integer': extended(BIT_ARRAY, 'preferred-display-base mappings'),
  'fixed-length-floating-point-number': BIT_ARRAY,
  'fixed-length-boolean': BIT_ARRAY,
  'fixed-length-bit-map': extended(BIT_ARRAY, 'flags'),
  'null-terminated-string': shape('', 'encoding'),
  'static-length-string': shape('length', 'encoding'),
  'dynamic-length-string': shape('length-field-location', 'encoding'),
  'static-length-blob': shape('length', 'media-type roles'),
  'dynamic-length-blob': shape('length-field-location', 'media-type'),
  structure: shape('', 'member-classes minimum-alignment'),
  'static-length-array': shape('element-field-class length', 'minimum-alignment'),
  'dynamic-length-array': shape('element-field-class length-field-location', 'minimum-alignment'),
  optional: shape('field-class selector-field-location', 'selector-field-ranges'),
  variant: shape('options selector-field-location'),
};

function extended({ required, optional }: Shape, more: string): Shape {
  return { required, optional: [...optional, ...more.split(' ')] };
}

/** Errors in a JSON text sequence of metadata, one sentence each. */
export function ctf2Violations(metadata: string): string[] {
  const texts = metadata.split('\u001e');
  const before = texts.shift();
  return [
    ...(before === '' ? [] : ['something before the first record separator']),
    ...texts.flatMap((text) => fragmentViolations(JSON.parse(text) as Json)),
  ];
}

function fragmentViolations(fragment: Json): string[] {
  const type = String(fragment.type);
  const scopes = Object.entries(fragment).filter(([name]) => name.endsWith('-field-class'));
  return [
    ...shapeViolations(fragment, FRAGMENTS[type], type),
    ...scopes.flatMap(([name, fieldClass]) => fieldClassViolations(fieldClass as Json, `${type}: ${name}`)),
  ];
}

function fieldClassViolations(fieldClass: Json, at: string): string[] {
  const type = String(fieldClass.type);
  const violations = shapeViolations(fieldClass, FIELD_CLASSES[type], `${at}: ${type}`);
  for (const location of ['length-field-location', 'selector-field-location']) {
    if (location in fieldClass) {
      violations.push(...shapeViolations(fieldClass[location] as Json, shape('path', 'origin'), `${at}: ${location}`));
    }
  }
  for (const part of [...parts(fieldClass['member-classes']), ...parts(fieldClass.options)]) {
    const known = type === 'variant' ? shape('field-class selector-field-ranges', 'name') : shape('name field-class');
    violations.push(...shapeViolations(part, known, `${at}: ${part.name}`));
    violations.push(...fieldClassViolations(part['field-class'] as Json, `${at}: ${part.name}`));
  }
  for (const inner of ['element-field-class', type === 'optional' ? 'field-class' : '']) {
    if (inner in fieldClass) violations.push(...fieldClassViolations(fieldClass[inner] as Json, at));
  }
  return violations;
}

function parts(value: unknown): readonly Json[] {
  return (value as readonly Json[] | undefined) ?? [];
}

function shapeViolations(object: Json, known: Shape | undefined, at: string): string[] {
  if (known === undefined) return [`${at}: not a type of CTF 2`];
  return [
    ...known.required.filter((name) => !(name in object)).map((name) => `${at}: lacks ${name}`),
    ...Object.keys(object)
      .filter((name) => !known.required.includes(name) && !known.optional.includes(name))
      .map((name) => `${at}: has ${name}`),
  ];
}
