import type { FieldLocation, FieldScope } from '../model/field-class.ts';
import type { JsonNode } from './ctf2-json.ts';
import type { Ctf2Reader, Fragment } from './ctf2-reader.ts';

const SCOPES: readonly FieldScope[] = [
  'packet-header',
  'packet-context',
  'event-record-header',
  'event-record-common-context',
  'event-record-specific-context',
  'event-record-payload',
];

/** Place of a field location, for errors that are found when it is followed. */
export interface LocationPlace {
  readonly fragment: Fragment;
  readonly node: JsonNode;
}

/** Reads field locations, and remembers where they stand. */
export class Ctf2Locations {
  readonly #reader: Ctf2Reader;
  readonly #places = new Map<FieldLocation, LocationPlace>();

  constructor(reader: Ctf2Reader) {
    this.#reader = reader;
  }

  placeOf(location: FieldLocation): LocationPlace | undefined {
    return this.#places.get(location);
  }

  /** `null` leads back from the structure that the names before it lead to. */
  read(node: JsonNode): FieldLocation {
    const reader = this.#reader;
    const object = reader.bareObject(node, ['origin', 'path']);
    const originNode = object.members.get('origin');
    const pathNode = reader.required(object, 'path');
    const { items } = reader.array(pathNode);
    const last = items.at(-1);
    if (last === undefined) throw reader.error('a path has at least one element', pathNode);
    if (last.kind === 'null') throw reader.error('a path does not end with null', last);
    const path: string[] = [];
    let outer = 0;
    for (const item of items) {
      if (item.kind !== 'null') path.push(reader.string(item));
      else if (path.length > 0) path.pop();
      else if (originNode !== undefined) throw reader.error('there is nothing around the origin', item);
      else outer++;
    }
    const scope = originNode && reader.word(originNode, SCOPES);
    const location = { ...(scope !== undefined && { scope }), path, ...(outer > 0 && { outer }) };
    this.#places.set(location, { fragment: reader.fragment, node: pathNode });
    return location;
  }
}
