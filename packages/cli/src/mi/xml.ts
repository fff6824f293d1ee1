import { presentOnly, XML_VALUES, type XmlChildren } from '@ringtail/session-file/internal';
import { XMLBuilder } from 'fast-xml-parser';

const NAMESPACE = 'https://lttng.org/xml/ns/lttng-mi';
/** Schema of LTTng 2.13. */
const FIRST_SCHEMA = '4.1';
/** Schema of LTTng 2.16. */
const LATEST_SCHEMA = '4.3';
/** Commands and elements that the first schema lacks. Text has no `<`, so text never matches. */
const LATER =
  /<name>(add-map-channel|export-maps|reclaim-memory|show-maps)<|<(trace_format|preallocation_policy|reclaim_policy|data_stream_info_sets|map_channels|action_increment_map_value)\b/;

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@_',
  format: true,
  indentBy: '  ',
  suppressEmptyNode: true,
  // Unlike in HTML, an attribute that is true has a value.
  suppressBooleanAttributes: false,
  ...XML_VALUES,
});

/**
 * A document of LTTng's machine interface: one command with its name and its output.
 *
 * It names the oldest schema that has all its elements, so that readers for LTTng 2.13 accept it where they can.
 */
export function miDocument(command: string, output: XmlChildren, success: boolean | undefined): string {
  const text = textOf(FIRST_SCHEMA, command, output, success);
  return LATER.test(text) ? textOf(LATEST_SCHEMA, command, output, success) : text;
}

function textOf(schema: string, command: string, output: XmlChildren, success: boolean | undefined): string {
  const document = {
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    command: {
      '@_xmlns': NAMESPACE,
      '@_xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      '@_xsi:schemaLocation': `${NAMESPACE} https://lttng.org/xml/schemas/lttng-mi/4/lttng-mi-${schema}.xsd`,
      '@_schemaVersion': schema,
      name: command,
      output: presentOnly(output),
      ...(success !== undefined && { success }),
    },
  };
  return builder.build(document) as string;
}
