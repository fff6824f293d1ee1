import type { Retention } from '@ringtail/protocol';
import { ATTRIBUTE_PREFIX, type XmlChildren } from '../xml/xml-element.ts';
import type { XmlNode } from '../xml/xml-node.ts';
import { OWN_INSTRUCTION } from './own-instructions.ts';

/** Attribute of our instruction for each limit, for which LTTng's schema has no element. */
const ATTRIBUTES = { ageSeconds: 'keep-age', count: 'keep-count', bytes: 'keep-size' } as const;
const LIMITS = Object.keys(ATTRIBUTES) as (keyof Retention)[];

/** The limits as attributes of an instruction; none where there is no limit. */
export function retentionAttributes(retention: Retention): XmlChildren {
  const limited = LIMITS.filter((limit) => retention[limit] !== null);
  return Object.fromEntries(limited.map((limit) => [ATTRIBUTE_PREFIX + ATTRIBUTES[limit], retention[limit] as number]));
}

/** The limits as an instruction, before the other children of an element; nothing where there is no limit. */
export function retentionInstruction(retention: Retention | undefined): XmlChildren {
  const attributes = retention === undefined ? {} : retentionAttributes(retention);
  return Object.keys(attributes).length === 0 ? {} : { [OWN_INSTRUCTION]: attributes };
}

/** The limits in the instruction of an element; no limit where it is absent or malformed. */
export function retentionOf(node: XmlNode): Retention {
  const limitOf = (name: keyof Retention): number | null => {
    const text = node.attribute(OWN_INSTRUCTION, ATTRIBUTES[name]);
    return text !== undefined && /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : null;
  };
  return { ageSeconds: limitOf('ageSeconds'), count: limitOf('count'), bytes: limitOf('bytes') };
}
