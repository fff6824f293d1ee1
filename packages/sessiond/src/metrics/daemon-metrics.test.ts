import { NO_STATISTICS } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { METRICS, metricsText } from './daemon-metrics.ts';
import type { Sample } from './sample.ts';

const SAMPLE: Sample & { readonly fresh: boolean } = {
  sessions: [
    {
      name: 'box',
      active: true,
      snapshot: true,
      rotations: 0,
      archivesRemoved: 0,
      snapshots: 2,
      programsLeftOut: 4,
      statistics: {
        ...NO_STATISTICS,
        eventsRecorded: 2 ** 53 - 1,
        wrongValues: [{ event: 'shop:"order"', field: 'items[]', fieldType: 'u8', first: 'a string', count: 12 }],
        troubles: ['a', 'b'],
      },
      channels: [{ name: 'a\n"b"\\\u001b\u202e', usedBytes: 10, ringBytes: 4096 }],
    },
  ],
  threads: 3,
  processes: 2,
  consumers: [{ uid: 1000, pid: null, restarts: 4, hangs: 0 }],
  hangingOperations: new Map([[1000, 2]]),
  triggers: [
    { name: 't', uid: 1000, occurrences: 7, messagesDiscarded: 1, executions: 5, failures: 2, suppressed: 3 },
    { name: 't', uid: 1001, occurrences: 8, messagesDiscarded: 0, executions: 0, failures: 0, suppressed: 0 },
  ],
  fresh: false,
};

describe('the text of the metrics', () => {
  it('has every metric that there is, each with its type', () => {
    const text = metricsText(SAMPLE);
    for (const [name, { type, help }] of Object.entries(METRICS)) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name}`);
    }
  });

  it('has the values with their labels, whatever is in those', () => {
    const text = metricsText(SAMPLE);
    for (const line of [
      'ringtail_events_recorded_total{session="box"} 9007199254740991',
      'ringtail_snapshots_total{session="box"} 2',
      'ringtail_session_troubles{session="box"} 2',
      'ringtail_programs_not_recorded_total{session="box"} 4',
      'ringtail_wrong_values_total{session="box",event="shop:\\"order\\"",field="items[]"} 12',
      'ringtail_ring_used_bytes{session="box",channel="a\\n\\"b\\"\\\\\\\\e\\\\u202e"} 10',
      'ringtail_trigger_firings_total{trigger="t",uid="1000"} 7',
      'ringtail_trigger_firings_total{trigger="t",uid="1001"} 8',
      'ringtail_trigger_actions_suppressed_total{trigger="t",uid="1000"} 3',
      'ringtail_trigger_action_failures_total{trigger="t",uid="1000"} 2',
      'ringtail_consumer_up{uid="1000"} 0',
      'ringtail_consumer_restarts_total{uid="1000"} 4',
      'ringtail_hanging_operations{uid="1000"} 2',
      'ringtail_metrics_fresh 0',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });
});
