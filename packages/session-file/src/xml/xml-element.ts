import { xmlText } from '@ringtail/base/text';

/** An element's children by name: text, a number, a flag, one element, or several of the same name. */
export type XmlChildren = { readonly [name: string]: XmlContent | readonly XmlContent[] | undefined };
export type XmlContent = string | number | boolean | XmlChildren;

/** Prefix that marks an attribute among the members of an element, in what the library reads and writes. */
export const ATTRIBUTE_PREFIX = '@_';

/** The builder writes absent members as empty elements, and an object without members as nothing at all: this is what it is to be given. */
export function presentOnly(content: XmlContent): unknown {
  if (typeof content !== 'object') return content;
  const members = Object.entries(content)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, Array.isArray(value) ? value.map(presentOnly) : presentOnly(value as XmlContent)]);
  return members.length === 0 ? '' : Object.fromEntries(members);
}

/** Options of the library's builder by which `xmlText` writes every value. */
export const XML_VALUES = {
  processEntities: false,
  tagValueProcessor: (_name: string, value: unknown): string => xmlText(String(value)),
  attributeValueProcessor: (_name: string, value: unknown): string => xmlText(String(value)),
};
