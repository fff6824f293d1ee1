/** Paths in the samples of JSON that a process passes on without reading it. */
const UNREAD = new Set([
  'captures[]',
  'events[].fields',
  'events[].spec.name',
  'report.captures.n',
  'tracepoints[].fields[]',
  'tracepointLists[][].fields[]',
]);

/**
 * Copies of a message, each with one value of another type: an array in place of an object, an object in place of all
 * others. Yields the path of the wrong value with each copy.
 */
export function* withWrongValue(value: unknown, path = ''): Generator<readonly [path: string, wrong: unknown]> {
  if (UNREAD.has(path)) return;
  if (typeof value !== 'object' || value === null) {
    yield [path, {}];
  } else if (Array.isArray(value)) {
    yield [path, {}];
    for (const [index, element] of value.entries()) {
      for (const [at, wrong] of withWrongValue(element, `${path}[]`)) yield [at, value.with(index, wrong)];
    }
  } else {
    yield [path, []];
    for (const [name, member] of Object.entries(value)) {
      const at = path === '' ? name : `${path}.${name}`;
      for (const [wrongAt, wrong] of withWrongValue(member, at)) yield [wrongAt, { ...value, [name]: wrong }];
    }
  }
}
