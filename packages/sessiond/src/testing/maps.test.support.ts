import type { MapChannelAttributes } from '@ringtail/protocol';

/** A map in which nothing is added up or wraps. */
export const MAP: MapChannelAttributes = {
  name: 'm',
  valueType: 'signed-int-64',
  keyCountMax: 10,
  updatePolicy: 'per-rule-match',
  ownership: 'process',
  deadProcesses: 'sum',
};
