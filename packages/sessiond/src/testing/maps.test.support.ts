import type { MapChannelAttributes } from '@ringtail/protocol';
import type { SharedPool } from '../shares/shared-pool.ts';
import { CounterMap } from '../triggers/maps/counter-map.ts';
import { testShares } from './shares.test.support.ts';

/** A map in which nothing is added up or wraps. */
export const MAP: MapChannelAttributes = {
  name: 'm',
  valueType: 'signed-int-64',
  keyCountMax: 10,
  updatePolicy: 'per-rule-match',
  ownership: 'process',
  deadProcesses: 'sum',
};

/** A map of a session of user 1, like {@link MAP}. */
export function newMap(more: Partial<MapChannelAttributes> = {}, kept: SharedPool = testShares().kept): CounterMap {
  return new CounterMap({ attributes: { ...MAP, ...more }, ownerUid: 1, kept, onRefused: () => {} });
}
