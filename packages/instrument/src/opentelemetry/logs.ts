import type { EventSource, Tracer } from '../instrument.ts';
import { jsonOf, MESSAGE_LENGTH_MAX, plainCopy } from '../loggers/plain-value.ts';
import { type Observer, observeAll } from '../wrap.ts';
import { AttributeTexts, type SdkAttributes } from './attribute-text.ts';
import { changeSdk, type HrTime, unixNs } from './sdk-modules.ts';

/** What the SDK passes to processors of logs. @see https://opentelemetry.io/docs/specs/otel/logs/sdk */
interface SdkLogRecord {
  readonly hrTime: HrTime;
  readonly spanContext?: { readonly traceId: string; readonly spanId: string };
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: unknown;
  readonly eventName?: string;
  readonly attributes: SdkAttributes;
  readonly instrumentationScope: { readonly name: string };
  readonly droppedAttributesCount: number;
}

/** Names of severities, from 1 on, each for four numbers, with log levels. */
const LEVELS = [
  ['trace', 'debug'],
  ['debug', 'debug_line'],
  ['info', 'info'],
  ['warn', 'warning'],
  ['error', 'err'],
  ['fatal', 'crit'],
] as const;
/** For records without a severity. */
const INFO = 2;
const LENGTH_MAX = 12_288;
const NAME_LENGTH_MAX = 1024;

/** Logs that the program makes with the SDK of OpenTelemetry: one event for each severity. */
export function openTelemetryLogs({ provider, str, u8, u32, u64 }: Tracer): readonly EventSource[] {
  const otel = provider('otel');
  const events = LEVELS.map(([name, logLevel]) =>
    otel.tracepoint(
      `log_${name}`,
      [
        ['trace_id', str],
        ['span_id', str],
        ['scope', str],
        ['time_unix_ns', u64],
        ['severity_number', u8],
        ['severity_text', str],
        ['event_name', str],
        ['message', str],
        ['attributes', str],
        ['attributes_dropped', u32],
        ['values_cut', u32],
      ],
      { logLevel },
    ),
  );

  /** A `LogRecordProcessor` of the SDK. */
  const processor = {
    onEmit(record: SdkLogRecord): void {
      const { severityNumber = 0, spanContext } = record;
      const event = events[severityNumber > 0 ? Math.floor((severityNumber - 1) / 4) : INFO];
      if (!event?.enabled) return;
      const texts = new AttributeTexts(LENGTH_MAX);
      const attributes = texts.of(record.attributes);
      const message = messageOf(record.body);
      event(
        spanContext?.traceId ?? '',
        spanContext?.spanId ?? '',
        short(record.instrumentationScope.name),
        unixNs(record.hrTime),
        severityNumber,
        short(record.severityText),
        short(record.eventName),
        message.slice(0, MESSAGE_LENGTH_MAX),
        attributes.text,
        record.droppedAttributesCount + attributes.dropped,
        texts.cut + (message.length > MESSAGE_LENGTH_MAX ? 1 : 0),
      );
    },
  };

  const emitted: Observer<SdkLogRecord> = {
    before: (_, [record]) => record as SdkLogRecord,
    // After the program's processors, which may change the record.
    returned: (record) => processor.onEmit(record),
  };
  const install = () =>
    changeSdk({
      packageNames: ['@opentelemetry/sdk-logs'],
      source: 'MultiLogRecordProcessor',
      signal: 'logs',
      change: ({ MultiLogRecordProcessor: { prototype } }) =>
        observeAll([{ holder: prototype, name: 'onEmit', observer: emitted }]),
    });
  return [{ tracepoints: events, install }];
}

/** A text as it is, any other body as JSON. */
function messageOf(body: unknown): string {
  if (typeof body === 'string') return body;
  return body === undefined || body === null ? '' : jsonOf([plainCopy(body)]);
}

function short(text: unknown): string {
  return typeof text === 'string' ? text.slice(0, NAME_LENGTH_MAX) : '';
}
