/**
 * JSON whose whole numbers may be of any size. A map is an object that keeps the order of its members, whatever their
 * names.
 */
export type JsonTree =
  | null
  | boolean
  | string
  | number
  | bigint
  | readonly JsonTree[]
  | ReadonlyMap<string, JsonTree>
  | { readonly [key: string]: JsonTree | undefined };

/** JSON text of `tree`, in one line. Members that are `undefined` are left out, as in `JSON.stringify`. */
export function jsonText(tree: JsonTree): string {
  if (typeof tree === 'bigint') return String(tree);
  if (typeof tree !== 'object' || tree === null) return JSON.stringify(tree);
  if (isList(tree)) return `[${tree.map(jsonText).join(',')}]`;
  const entries = tree instanceof Map ? [...(tree as ReadonlyMap<string, JsonTree>)] : Object.entries(tree);
  const members = entries.flatMap(([name, value]) => {
    return value === undefined ? [] : [`${JSON.stringify(name)}:${jsonText(value)}`];
  });
  return `{${members.join(',')}}`;
}

function isList(tree: object): tree is readonly JsonTree[] {
  return Array.isArray(tree);
}
