/** Maps: counters by key, which triggers increment. */
import {
  anyNumber,
  boolean,
  count,
  integer,
  nullable,
  object,
  oneOf,
  type Shaped,
  text,
  variant,
} from '../wire/shape.ts';
import { mapName } from './names.ts';

export const MAP_KEYS_MAX = 8192;
export const MAP_VALUE_TYPES = ['signed-int-32', 'signed-int-64', 'signed-int-max'] as const;
const mapValueType = oneOf(MAP_VALUE_TYPES);
export type MapValueType = Shaped<typeof mapValueType>;

/** A map to be made. */
export const mapChannelParameters = object({
  /** null: the first free name. */
  name: nullable(mapName),
  /** Type of the counters, which wrap; `signed-int-max` is the widest one. */
  valueType: mapValueType,
  keyCountMax: integer(1, MAP_KEYS_MAX),
  /** How much an event adds that matches several triggers with the same key: one, or one for each trigger. */
  updatePolicy: oneOf(['per-event', 'per-rule-match']),
  /** Owner of one set of counters. */
  ownership: oneOf(['user', 'process']),
  /** Whether counters of an ended process are dropped, or added to the shared ones; counters of users stay. */
  deadProcesses: oneOf(['drop', 'sum']),
});
export type MapChannelParameters = Shaped<typeof mapChannelParameters>;

export const mapChannelAttributes = object({ ...mapChannelParameters.members, name: mapName });
export type MapChannelAttributes = Shaped<typeof mapChannelAttributes>;

/** @throws {ShapeError} `BAD_MESSAGE` naming the member that is wrong */
export function checkMap(value: unknown): MapChannelParameters {
  return mapChannelParameters(value, 'a map', 'all');
}

const mapRowOwner = variant(
  'kind',
  {
    user: { uid: count },
    process: { uid: count, pid: count, procname: text, program: text },
    /** Counters of the session daemon itself, and sums of ended processes. */
    shared: {},
  },
  'there is no owner of this kind',
);
export type MapRowOwner = Shaped<typeof mapRowOwner>;

/** One counter. */
export const mapRow = object({
  map: text,
  owner: mapRowOwner,
  key: text,
  value: anyNumber,
  /** Whether the value has wrapped. */
  overflow: boolean,
});
export type MapRow = Shaped<typeof mapRow>;

/** Bits of a counter. Shared counters are never narrow, because they sum up those of many processes. */
export function mapValueBits(
  { valueType }: Pick<MapChannelAttributes, 'valueType'>,
  owner: MapRowOwner['kind'],
): 32 | 64 {
  return valueType === 'signed-int-32' && owner !== 'shared' ? 32 : 64;
}
