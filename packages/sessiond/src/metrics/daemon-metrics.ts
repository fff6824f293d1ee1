import { RINGTAIL_VERSION } from '@ringtail/base';
import { type Described, Exposition } from './exposition.ts';
import { PROCESS_METRICS, readProcess } from './process-metrics.ts';
import type { Sample, SessionSample, TriggerSample } from './sample.ts';

interface SessionMetric extends Described {
  readonly of: (session: SessionSample) => number;
}
interface TriggerMetric extends Described {
  readonly of: (trigger: TriggerSample) => number;
}

/** Metrics of each session, with the label `session`. */
const SESSION_METRICS: Readonly<Record<string, SessionMetric>> = {
  ringtail_events_recorded_total: counter('Events in the trace files.', ({ statistics }) => statistics.eventsRecorded),
  ringtail_events_discarded_total: counter(
    'Events for which there was no free sub-buffer.',
    ({ statistics }) => statistics.eventsDiscarded,
  ),
  ringtail_events_failed_total: counter(
    'Events given up in the application: a value could not be converted.',
    ({ statistics }) => statistics.eventsFailed,
  ),
  ringtail_events_nested_total: counter(
    'Events given up in the application: emitted while another was being recorded.',
    ({ statistics }) => statistics.eventsNested,
  ),
  ringtail_events_lost_total: counter(
    'Events that were recorded, but could not be written.',
    ({ statistics }) => statistics.eventsLost,
  ),
  ringtail_packets_total: counter('Packets in the trace files.', ({ statistics }) => statistics.packets),
  ringtail_packets_lost_total: counter(
    'Sub-buffers that were overwritten before they were taken.',
    ({ statistics }) => statistics.packetsLost,
  ),
  ringtail_bytes_written_total: counter('Bytes of the data stream files.', ({ statistics }) => statistics.bytes),
  ringtail_data_streams: gauge('Data streams of the session.', ({ statistics }) => statistics.dataStreams),
  ringtail_session_troubles: gauge(
    'Different things that went wrong in the session.',
    ({ statistics }) => statistics.troubles.length,
  ),
  ringtail_programs_not_recorded_total: counter(
    'Programs that the session would have recorded and has not, or not to their end.',
    ({ programsLeftOut }) => programsLeftOut,
  ),
  ringtail_session_active: gauge('Whether the session is started.', ({ active }) => Number(active)),
  ringtail_snapshots_total: counter('Snapshots that were recorded.', ({ snapshots }) => snapshots),
  ringtail_rotations_total: counter('Trace chunks that were archived.', ({ rotations }) => rotations),
  ringtail_archives_removed_total: counter(
    'Archives and snapshots that were removed by their limits.',
    ({ archivesRemoved }) => archivesRemoved,
  ),
};

/** Metric of each field with wrong values, with the labels `session`, `event` and `field`; `*`: all others. */
const WRONG_VALUES: Described = {
  type: 'counter',
  help: 'Events in which a value did not fit a field, which has another value in the trace.',
};

/** Metrics of each trigger, with the labels `trigger` and `uid`. */
const TRIGGER_METRICS: Readonly<Record<string, TriggerMetric>> = {
  ringtail_trigger_firings_total: counter('How often the condition has held.', ({ occurrences }) => occurrences),
  ringtail_trigger_messages_discarded_total: counter(
    'Matches that applications discarded.',
    ({ messagesDiscarded }) => messagesDiscarded,
  ),
  ringtail_trigger_actions_total: counter('Actions that were carried out.', ({ executions }) => executions),
  ringtail_trigger_actions_suppressed_total: counter(
    'Occurrences for which a rate policy by time withheld an action.',
    ({ suppressed }) => suppressed,
  ),
  ringtail_trigger_action_failures_total: counter('Actions that failed.', ({ failures }) => failures),
};

/** Metrics of each channel, with the labels `session` and `channel`. */
const CHANNEL_METRICS = {
  ringtail_ring_used_bytes: 'Bytes that wait in the fullest ring of the channel.',
  ringtail_ring_size_bytes: 'Size of a ring of the channel.',
} as const;

/**
 * Metrics of the daemon. `ringtail_sessions` has the label `state`, `ringtail_build_info` has `version` and `node`,
 * metrics of consumers and of hanging operations have `uid`.
 */
const DAEMON_METRICS: Readonly<Record<string, Described>> = {
  ringtail_build_info: { type: 'gauge', help: 'Version of the session daemon and of its Node.js.' },
  ringtail_sessions: { type: 'gauge', help: 'Sessions, by whether they are started.' },
  ringtail_applications: { type: 'gauge', help: 'Processes that are registered.' },
  ringtail_application_threads: { type: 'gauge', help: 'JavaScript threads that are registered.' },
  ringtail_consumer_up: { type: 'gauge', help: 'Whether the consumer daemon of a user runs and does not hang.' },
  ringtail_consumer_restarts_total: {
    type: 'counter',
    help: 'How often the consumer daemon of a user was started again.',
  },
  ringtail_hanging_operations: {
    type: 'gauge',
    help: 'Operations in directories of a user whose file system does not answer, and that not even a signal ends.',
  },
  ringtail_metrics_fresh: {
    type: 'gauge',
    help: 'Whether the consumer daemon answered this scrape in time; if not, counts of sessions are older ones.',
  },
};

/** Names and types of all metrics, for the documentation. */
export const METRICS: Readonly<Record<string, Described>> = {
  ...DAEMON_METRICS,
  ...SESSION_METRICS,
  ringtail_wrong_values_total: WRONG_VALUES,
  ringtail_ring_used_bytes: { type: 'gauge', help: CHANNEL_METRICS.ringtail_ring_used_bytes },
  ringtail_ring_size_bytes: { type: 'gauge', help: CHANNEL_METRICS.ringtail_ring_size_bytes },
  ...TRIGGER_METRICS,
  ...PROCESS_METRICS,
};

/** Formats a sample in the text format of Prometheus. */
export function metricsText(sample: Sample & { readonly fresh: boolean }): string {
  const page = new Exposition(METRICS);
  const { sessions, consumers, triggers } = sample;
  page.set('ringtail_build_info', 1, { version: RINGTAIL_VERSION, node: process.version });
  for (const [state, wanted] of [
    ['active', true],
    ['inactive', false],
  ] as const) {
    page.set('ringtail_sessions', sessions.filter(({ active }) => active === wanted).length, { state });
  }
  page.set('ringtail_applications', sample.processes);
  page.set('ringtail_application_threads', sample.threads);
  for (const { uid, pid, restarts, hangs } of consumers) {
    const labels = { uid: String(uid) };
    page.set('ringtail_consumer_up', Number(pid !== null && hangs === 0), labels);
    page.set('ringtail_consumer_restarts_total', restarts, labels);
  }
  for (const [uid, count] of sample.hangingOperations) {
    page.set('ringtail_hanging_operations', count, { uid: String(uid) });
  }
  page.set('ringtail_metrics_fresh', Number(sample.fresh));
  for (const session of sessions) {
    const labels = { session: session.name };
    for (const [name, { of }] of Object.entries(SESSION_METRICS)) page.set(name, of(session), labels);
    for (const { event, field, count } of session.statistics.wrongValues) {
      page.set('ringtail_wrong_values_total', count, { ...labels, event, field });
    }
    for (const { name, usedBytes, ringBytes } of session.channels) {
      page.set('ringtail_ring_used_bytes', usedBytes, { ...labels, channel: name });
      page.set('ringtail_ring_size_bytes', ringBytes, { ...labels, channel: name });
    }
  }
  for (const trigger of triggers) {
    const labels = { trigger: trigger.name, uid: String(trigger.uid) };
    for (const [name, { of }] of Object.entries(TRIGGER_METRICS)) page.set(name, of(trigger), labels);
  }
  for (const [name, value] of Object.entries(readProcess())) page.set(name, value);
  return page.toString();
}

function counter<Of>(help: string, of: Of): { type: 'counter'; help: string; of: Of } {
  return { type: 'counter', help, of };
}

function gauge<Of>(help: string, of: Of): { type: 'gauge'; help: string; of: Of } {
  return { type: 'gauge', help, of };
}
