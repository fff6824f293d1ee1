import { XMLBuilder } from 'fast-xml-parser';

/** An element's children by name: text, a number, a flag, one element, or several of the same name. */
export type XmlChildren = { readonly [name: string]: XmlContent | readonly XmlContent[] | undefined };
export type XmlContent = string | number | boolean | XmlChildren;

const NAMESPACE = 'https://lttng.org/xml/ns/lttng-mi';
/** Of LTTng 2.16; what we write of it is in 4.1, LTTng 2.13's, as well, but for trace formats and policies of memory. */
const SCHEMA_VERSION = '4.3';

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@_',
  format: true,
  indentBy: '  ',
  suppressEmptyNode: true,
});

/** A document of LTTng's machine interface: the one command with its name and what is in it. */
export function miDocument(command: string, output: XmlChildren, success: boolean | undefined): string {
  const document = {
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    command: {
      '@_xmlns': NAMESPACE,
      '@_xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      '@_xsi:schemaLocation': `${NAMESPACE} https://lttng.org/xml/schemas/lttng-mi/4/lttng-mi-${SCHEMA_VERSION}.xsd`,
      '@_schemaVersion': SCHEMA_VERSION,
      name: command,
      output: withoutAbsent(output),
      ...(success !== undefined && { success }),
    },
  };
  return builder.build(document) as string;
}

/** The builder writes absent members as empty elements, and an object without members as nothing at all. */
function withoutAbsent(content: XmlContent): unknown {
  if (typeof content !== 'object') return content;
  const members = Object.entries(content)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(withoutAbsent) : withoutAbsent(value as XmlContent),
    ]);
  return members.length === 0 ? '' : Object.fromEntries(members);
}
