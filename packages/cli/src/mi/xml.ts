import { presentOnly, type XmlChildren } from '@ringtail/session-file/internal';
import { XMLBuilder } from 'fast-xml-parser';

const NAMESPACE = 'https://lttng.org/xml/ns/lttng-mi';
/** Of LTTng 2.16; what we write of it is in 4.1, LTTng 2.13's, as well, but for trace formats and policies of memory. */
const SCHEMA_VERSION = '4.3';

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@_',
  format: true,
  indentBy: '  ',
  suppressEmptyNode: true,
  // An attribute that is true has a value all the same: this is not HTML.
  suppressBooleanAttributes: false,
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
      output: presentOnly(output),
      ...(success !== undefined && { success }),
    },
  };
  return builder.build(document) as string;
}
