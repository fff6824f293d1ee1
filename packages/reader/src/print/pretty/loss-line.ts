import { visibleLine } from '@ringtail/base/text';
import type { LossMessage } from '@ringtail/ctf';
import type { Palette } from './pretty-style.ts';
import type { TimeFormat } from './pretty-time.ts';

/** The warning about events or packets that a trace lacks. */
export function lossLine({ kind, stream, count, range }: LossMessage, time: TimeFormat, palette: Palette): string {
  const element = kind === 'discarded-events' ? 'event' : 'packet';
  const what =
    count === undefined
      ? `Tracer may have discarded ${element}s`
      : `Tracer discarded ${count} ${element}${count === 1n ? '' : 's'}`;
  const when =
    range === undefined ? '(unknown time range)' : `between [${time.text(range.begin)}] and [${time.text(range.end)}]`;
  const uuid = stream.trace.uuid === undefined ? '(no UUID)' : `(UUID: ${visibleLine(stream.trace.uuid)})`;
  const where = `within stream "${visibleLine(stream.name)}" (stream class ID: ${stream.class.id}, stream ID: ${stream.id})`;
  const { warning, warningWord, reset } = palette;
  return `${warning}${warningWord}WARNING${reset}${warning}: ${what} ${when} in trace "${visibleLine(stream.trace.name)}" ${uuid} ${where}.${reset}\n`;
}
