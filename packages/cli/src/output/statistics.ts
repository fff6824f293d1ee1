import type { SessionStatistics } from '@ringtail/protocol';
import type { Context } from '../program/context.ts';
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

/** A sentence for each kind of loss, with its reason; empty without loss. */
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
  return losses;
}

/** Warns on standard error of events that are missing from a trace, and of troubles. */
export function warnOfLoss(context: Context, statistics: SessionStatistics): void {
  for (const loss of [...describeLoss(statistics), ...statistics.troubles]) warn(context, loss);
}

/** LTTng's message about an archived trace chunk. */
export function archivedText(session: string, archive: string): string {
  return `Trace chunk archive for session ${session} is now readable at ${archive}`;
}
