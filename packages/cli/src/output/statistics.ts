import { OTHER_FIELDS, type SessionStatistics, type WrongValueCount } from '@ringtail/protocol';
import type { Context } from '../context/context.ts';
import { formatBytes, formatCount, plural } from './quantity.ts';
import { warn } from './report.ts';

/** `1,234 events, 0 discarded, 24.0 KiB`. */
export function describeStatistics(statistics: SessionStatistics): string {
  return [
    plural(statistics.eventsRecorded, 'event'),
    `${formatCount(statistics.eventsDiscarded)} discarded`,
    formatBytes(statistics.bytes),
  ].join(', ');
}

/** The same after a message about a session; empty without statistics. */
export function statisticsText(statistics: SessionStatistics | undefined): string {
  return statistics === undefined ? '' : `: ${describeStatistics(statistics)}`;
}

/** Fields with wrong values that a warning names each. */
const WRONG_FIELDS_SHOWN_MAX = 10;

/** A sentence for each kind of loss and each field with wrong values; empty without loss. */
export function describeLoss(statistics: SessionStatistics): string[] {
  const losses: string[] = [];
  if (statistics.eventsDiscarded > 0) {
    losses.push(
      `${plural(statistics.eventsDiscarded, 'event')} discarded: the rings were full, or a record exceeded a sub-buffer, ` +
        'where larger or more sub-buffers help (--subbuf-size, --num-subbuf); ' +
        'or the daemon did not answer in time (RINGTAIL_REGISTER_TIMEOUT)',
    );
  }
  if (statistics.eventsFailed > 0) {
    losses.push(`${plural(statistics.eventsFailed, 'event')} failed: a value could not be converted to its field`);
  }
  if (statistics.eventsNested > 0) {
    losses.push(`${plural(statistics.eventsNested, 'event')} nested: emitted while another was being recorded`);
  }
  if (statistics.eventsLost > 0) {
    losses.push(
      `${plural(statistics.eventsLost, 'event')} lost: recorded by the program, but not written to the trace`,
    );
  }
  if (statistics.packetsLost > 0) {
    losses.push(`${plural(statistics.packetsLost, 'sub-buffer')} overwritten before being written to the trace`);
  }
  if (statistics.programsNotRecorded > 0) {
    losses.push(`${plural(statistics.programsNotRecorded, 'program')} not recorded, or not to the end`);
  }
  const wrong = describeWrongValues(statistics);
  const hidden = wrong.splice(WRONG_FIELDS_SHOWN_MAX).length;
  if (hidden > 0) wrong.push(`${plural(hidden, 'further field')} with wrong values, which --output-format=json names`);
  return [...losses, ...wrong];
}

/** A sentence for each field that was given values that do not fit. */
export function describeWrongValues({ wrongValues }: SessionStatistics): string[] {
  return wrongValues.map(describeWrongField);
}

function describeWrongField({ event, field, fieldType, first, count }: WrongValueCount): string {
  const values = `${plural(count, 'value')} did not fit`;
  if (event === OTHER_FIELDS) return `further fields: ${values}`;
  const which = count === 1 ? 'it was' : 'the first was';
  return `${event}: field ${field} (${fieldType}): ${values}; ${which} ${first}`;
}

/** Warns on standard error of events that are missing from a trace, and of troubles. */
export function warnOfLoss(context: Context, statistics: SessionStatistics): void {
  for (const loss of [...describeLoss(statistics), ...statistics.troubles]) warn(context, loss);
}

/** LTTng's message about an archived trace chunk. */
export function archivedText(session: string, archive: string): string {
  return `Trace chunk archive for session ${session} is now readable at ${archive}`;
}
