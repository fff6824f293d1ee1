const PART_LENGTH = 1024;

/** `JSON.stringify` of an array of any length, in parts of bounded length. */
export function* jsonArray(length: number, elementAt: (index: number) => string): Iterable<string> {
  for (let from = 0; from < length; from += PART_LENGTH) {
    const elements: string[] = [];
    for (let i = from; i < Math.min(length, from + PART_LENGTH); i++) elements.push(elementAt(i));
    yield (from === 0 ? '[' : ',') + elements.join(',');
  }
  yield length === 0 ? '[]' : ']';
}
