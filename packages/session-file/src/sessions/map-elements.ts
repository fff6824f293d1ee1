import { checkMap, MAP_KEYS_MAX, type MapChannelAttributes } from '@ringtail/protocol';
import type { XmlChildren } from '../xml/xml-element.ts';
import type { XmlNode } from '../xml/xml-node.ts';

const VALUE_TYPES = {
  SIGNED_INT_32: 'signed-int-32',
  SIGNED_INT_64: 'signed-int-64',
  SIGNED_INT_MAX: 'signed-int-max',
} as const;
type ValueTypeName = keyof typeof VALUE_TYPES;
const VALUE_TYPE_NAMES = Object.keys(VALUE_TYPES) as ValueTypeName[];

/** A map of a session as LTTng saves it. @see session.xsd of lttng-tools 2.16, `map_channel_type` */
export function mapElement(map: MapChannelAttributes): XmlChildren {
  const isPerProcess = map.ownership === 'process';
  return {
    name: map.name,
    key_type: 'STRING',
    value_type: VALUE_TYPE_NAMES.find((name) => VALUE_TYPES[name] === map.valueType) as ValueTypeName,
    update_policy: map.updatePolicy === 'per-event' ? 'PER_EVENT' : 'PER_RULE_MATCH',
    max_entry_count: map.keyCountMax,
    buffer_ownership: isPerProcess ? 'PER_PID' : 'PER_UID',
    ...(isPerProcess && { dead_group_policy: map.deadProcesses === 'drop' ? 'DROP' : 'SUM_INTO_SHARED' }),
  };
}

/** The maps of a domain. @throws {SessionFileError} */
export function mapsOf(domain: XmlNode | undefined, session: string, warnings: string[]): MapChannelAttributes[] {
  const nodes = domain?.child('map_channels')?.children('map_channel') ?? [];
  return nodes.map((unnamed) => {
    const name = unnamed.requiredText('name');
    const node = unnamed.labelled(name);
    node.oneOf('key_type', ['STRING']);
    const keyCount = node.requiredInteger('max_entry_count');
    if (keyCount > MAP_KEYS_MAX) {
      warnings.push(`session ${session}: the map ${name} has at most ${MAP_KEYS_MAX} keys, not ${keyCount}`);
    }
    const isPerProcess = node.oneOf('buffer_ownership', ['PER_UID', 'PER_PID'], 'PER_UID') === 'PER_PID';
    const dead = node.oneOf('dead_group_policy', ['DROP', 'SUM_INTO_SHARED'], 'SUM_INTO_SHARED');
    const parameters = node.checked(() =>
      checkMap({
        name,
        valueType: VALUE_TYPES[node.oneOf('value_type', VALUE_TYPE_NAMES)],
        keyCountMax: Math.min(keyCount, MAP_KEYS_MAX),
        updatePolicy:
          node.oneOf('update_policy', ['PER_EVENT', 'PER_RULE_MATCH']) === 'PER_EVENT' ? 'per-event' : 'per-rule-match',
        ownership: isPerProcess ? 'process' : 'user',
        deadProcesses: isPerProcess && dead === 'DROP' ? 'drop' : 'sum',
      }),
    );
    return { ...parameters, name };
  });
}
