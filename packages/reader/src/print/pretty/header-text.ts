import { visibleLine } from '@ringtail/base/text';
import type { DataStream, EventRecordClass } from '@ringtail/ctf';
import { colored, type PrettyStyle } from './pretty-style.ts';

const LOG_LEVELS = [
  'TRACE_EMERG',
  'TRACE_ALERT',
  'TRACE_CRIT',
  'TRACE_ERR',
  'TRACE_WARNING',
  'TRACE_NOTICE',
  'TRACE_INFO',
  'TRACE_DEBUG_SYSTEM',
  'TRACE_DEBUG_PROGRAM',
  'TRACE_DEBUG_PROCESS',
  'TRACE_DEBUG_MODULE',
  'TRACE_DEBUG_UNIT',
  'TRACE_DEBUG_FUNCTION',
  'TRACE_DEBUG_LINE',
  'TRACE_DEBUG',
];

/**
 * Text between the time of an event and its fields: `hostname:procname:(vpid) name: `, or with the name of each part.
 */
export function headerText(stream: DataStream, eventRecordClass: EventRecordClass, style: PrettyStyle): string {
  const { fields, names, palette } = style;
  const { environment } = stream.trace.class;
  const name = (text: string) => (names.header ? `${colored(text, palette.name, palette)} = ` : '');
  // With names, every part but the first of the line has a comma before it.
  const comma = names.header && stream.clockClass !== undefined ? ', ' : '';
  let header = '';
  if (fields.trace && stream.trace.name !== '') {
    header += `${comma}${name('trace')}${visibleLine(stream.trace.name)}${names.header ? ', ' : ''}`;
  }
  let hasOrigin = false;
  const add = (partName: string, text: string) => {
    const separator = hasOrigin && !names.header && partName !== 'trace:hostname' ? ':' : '';
    header += comma + name(partName) + separator + text;
    hasOrigin = true;
  };
  const addText = (key: 'hostname' | 'domain' | 'procname') => {
    const value = environment.get(key);
    if (fields[key] && typeof value === 'string') add(`trace:${key}`, visibleLine(value));
  };
  addText('hostname');
  addText('domain');
  addText('procname');
  const vpid = environment.get('vpid');
  if (fields.vpid && typeof vpid === 'bigint') add('trace:vpid', `(${vpid})`);
  const { logLevel, emfUri } = eventRecordClass;
  if (fields.logLevel && logLevel !== undefined) add('loglevel', `${LOG_LEVELS[logLevel] ?? ''} (${logLevel})`);
  if (fields.emfUri && emfUri !== undefined) add('model.emf.uri', visibleLine(emfUri));
  if (hasOrigin && !names.header) header += ' ';
  const eventName = eventRecordClass.name
    ? colored(visibleLine(eventRecordClass.name), palette.eventName, palette)
    : colored('<unknown>', palette.unknown, palette);
  return `${header}${comma}${name('name')}${eventName}${names.header ? ', ' : ': '}`;
}
