import type { EventSource, Tracer } from '../instrument.ts';
import { jsonOf, plainCopy } from '../loggers/plain-value.ts';
import { type Observer, observeAll } from '../wrap.ts';
import { AttributeTexts, type SdkAttributes } from './attribute-text.ts';
import { changeSdk, type HrTime, unixNs } from './sdk-modules.ts';

/** The value of a sum or a gauge, or a histogram. @see https://opentelemetry.io/docs/specs/otel/metrics/data-model */
type PointValue = number | { readonly count: number; readonly sum?: number };

/** The result of `MetricReader.collect`. */
interface Collection {
  readonly resourceMetrics: {
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string };
      readonly metrics: readonly {
        readonly descriptor: { readonly name: string; readonly unit: string };
        readonly dataPointType: number;
        readonly dataPoints: readonly {
          readonly startTime: HrTime;
          readonly endTime: HrTime;
          readonly attributes: SdkAttributes;
          readonly value: PointValue;
        }[];
      }[];
    }[];
  };
}

const TYPES = ['histogram', 'exponential_histogram', 'gauge', 'sum'];
/** Data points of one collection that are recorded. */
const POINTS_MAX = 1000;
const LENGTH_MAX = 4096;
const NAME_LENGTH_MAX = 1024;

/** Metrics that the readers of the program collect with the SDK of OpenTelemetry. */
export function openTelemetryMetrics({ provider, str, u32, u64, f64 }: Tracer): readonly EventSource[] {
  const otel = provider('otel');
  const metric = otel.tracepoint(
    'metric',
    [
      ['reader', str],
      ['scope', str],
      ['name', str],
      ['unit', str],
      ['type', str],
      ['start_unix_ns', u64],
      ['end_unix_ns', u64],
      ['value', f64],
      ['count', u64],
      ['histogram', str],
      ['attributes', str],
      ['attributes_dropped', u32],
      ['values_cut', u32],
    ],
    { logLevel: 'info' },
  );
  const lost = otel.tracepoint(
    'metrics_lost',
    [
      ['reader', str],
      ['count', u32],
    ],
    { logLevel: 'warning' },
  );

  const record = (reader: string, { resourceMetrics }: Collection) => {
    let count = 0;
    for (const { scope, metrics } of resourceMetrics.scopeMetrics) {
      for (const { descriptor, dataPointType, dataPoints } of metrics) {
        for (const { startTime, endTime, attributes, value } of dataPoints) {
          if (++count > POINTS_MAX) continue;
          const texts = new AttributeTexts(LENGTH_MAX);
          const { text, dropped } = texts.of(attributes);
          const isNumber = typeof value === 'number';
          metric(
            reader,
            short(scope.name),
            short(descriptor.name),
            short(descriptor.unit),
            TYPES[dataPointType] ?? '',
            unixNs(startTime),
            unixNs(endTime),
            isNumber ? value : (value.sum ?? 0),
            isNumber ? 1 : value.count,
            isNumber ? '' : jsonOf([plainCopy(value)]),
            text,
            dropped,
            texts.cut,
          );
        }
      }
    }
    if (count > POINTS_MAX) lost(reader, count - POINTS_MAX);
  };

  const collected: Observer<string> = {
    before: (reader) => short(Object(reader).constructor?.name),
    settled: (reader, _, isFulfilled, result) => {
      if (isFulfilled) record(reader, result as Collection);
    },
  };
  const install = () =>
    changeSdk({
      packageNames: ['@opentelemetry/sdk-metrics'],
      source: 'export/MetricReader',
      signal: 'metrics',
      change: ({ MetricReader: { prototype } }) =>
        observeAll([{ holder: prototype, name: 'collect', observer: collected }]),
    });
  return [{ tracepoints: [metric, lost], install }];
}

function short(text: unknown): string {
  return typeof text === 'string' ? text.slice(0, NAME_LENGTH_MAX) : '';
}
