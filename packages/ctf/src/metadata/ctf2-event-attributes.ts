import type { Attributes, AttributeValue } from '../model/attributes.ts';
import type { EventRecordClass } from '../model/trace-class.ts';
import { LOG_LEVEL_NAMES } from './log-level-names.ts';

/** In whose attributes log levels and EMF URIs are: LTTng's, and Babeltrace's where that has written the trace. */
const EVENT_NAMESPACES = ['lttng.org,2009', 'babeltrace.org,2020'];

type Taken = Pick<EventRecordClass, 'logLevel' | 'emfUri' | 'attributes'>;

/** Reads log level and EMF URI from the attributes, where they are valid. */
export function eventAttributes(attributes: Attributes | undefined): Taken {
  const taken: { -readonly [Key in keyof Taken]: Taken[Key] } = {};
  const rest: { [namespace: string]: AttributeValue } = {};
  for (const [namespace, value] of Object.entries(attributes ?? {})) {
    if (!EVENT_NAMESPACES.includes(namespace) || !isMap(value)) {
      rest[namespace] = value;
      continue;
    }
    const { 'log-level': name, 'emf-uri': emfUri, ...kept } = value;
    const others: { [key: string]: AttributeValue } = kept;
    const logLevel = (LOG_LEVEL_NAMES as readonly unknown[]).indexOf(name);
    if (logLevel !== -1) taken.logLevel = logLevel;
    else if (name !== undefined) others['log-level'] = name;
    if (typeof emfUri === 'string') taken.emfUri = emfUri;
    else if (emfUri !== undefined) others['emf-uri'] = emfUri;
    if (Object.keys(others).length > 0) rest[namespace] = others;
  }
  if (Object.keys(rest).length > 0) taken.attributes = rest;
  return taken;
}

function isMap(value: AttributeValue): value is { readonly [key: string]: AttributeValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
