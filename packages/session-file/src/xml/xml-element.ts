import { xmlText } from '@ringtail/base/text';

/** An element's children by name: text, a number, a flag, one element, or several of the same name. */
export type XmlChildren = { readonly [name: string]: XmlContent | readonly XmlContent[] | undefined };
export type XmlContent = string | number | boolean | XmlChildren;

/** Prefix of attributes among the members of an element, for the XML library. */
export const ATTRIBUTE_PREFIX = '@_';

/**
 * The content for the builder: without absent members, which it writes as empty elements; an empty object as an empty
 * text.
 */
export function presentOnly(content: XmlContent): unknown {
  if (typeof content !== 'object') return content;
  const members = Object.entries(content)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, Array.isArray(value) ? value.map(presentOnly) : presentOnly(value as XmlContent)]);
  return members.length === 0 ? '' : Object.fromEntries(members);
}

/** Options of the XML builder that escape every value with `xmlText`. */
export const XML_VALUES = {
  processEntities: false,
  tagValueProcessor: (_name: string, value: unknown): string => xmlText(String(value)),
  attributeValueProcessor: (_name: string, value: unknown): string => xmlText(String(value)),
};
