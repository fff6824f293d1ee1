import type { EventSource, Tracer } from '../instrument.ts';
import { jsonOf } from '../loggers/plain-value.ts';
import { type Observer, observeAll } from '../wrap.ts';
import { AttributeTexts, type SdkAttributes } from './attribute-text.ts';
import { changeSdk, type HrTime, unixNs } from './sdk-modules.ts';

/** @see https://opentelemetry.io/docs/specs/otel/trace/api/#spancontext */
interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
}

/** What the SDK passes to processors of spans. @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-processor */
interface SdkSpan {
  readonly name: string;
  readonly kind: number;
  spanContext(): SpanContext;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: { readonly code: number; readonly message?: string };
  readonly attributes: SdkAttributes;
  readonly events: readonly { readonly name: string; readonly time: HrTime; readonly attributes?: SdkAttributes }[];
  readonly links: readonly { readonly context: SpanContext; readonly attributes?: SdkAttributes }[];
  /** Absent in spans that are not the SDK's own. */
  readonly instrumentationScope?: { readonly name: string; readonly version?: string };
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES = ['unset', 'ok', 'error'];
const ERROR = 2;
/** Events and links that are recorded of a span. */
const PARTS_MAX = 32;
const LENGTH_MAX = 12_288;
const PARTS_LENGTH_MAX = 8192;
const NAME_LENGTH_MAX = 1024;

/** Spans that the program makes with the SDK of OpenTelemetry. */
export function openTelemetrySpans({ provider, str, u32, u64 }: Tracer): readonly EventSource[] {
  const otel = provider('otel');
  const begin = otel.tracepoint(
    'span_begin',
    [
      ['span_id', str],
      ['trace_id', str],
      ['parent_span_id', str],
      ['name', str],
      ['kind', str],
      ['scope', str],
    ],
    { logLevel: 'info' },
  );
  const end = otel.tracepoint(
    'span_end',
    [
      ['span_id', str],
      ['trace_id', str],
      ['parent_span_id', str],
      ['name', str],
      ['kind', str],
      ['scope', str],
      ['scope_version', str],
      ['start_unix_ns', u64],
      ['end_unix_ns', u64],
      ['status', str],
      ['status_message', str],
      ['error', str],
      ['attributes', str],
      ['events', str],
      ['links', str],
      ['attributes_dropped', u32],
      ['events_dropped', u32],
      ['links_dropped', u32],
      ['values_cut', u32],
    ],
    { logLevel: 'info' },
  );

  /** A `SpanProcessor` of the SDK. */
  const processor = {
    onStart(span: SdkSpan): void {
      const { spanId, traceId } = span.spanContext();
      const { parentSpanContext: parent, name, kind, instrumentationScope: scope } = span;
      begin(spanId, traceId, parent?.spanId ?? '', short(name), KINDS[kind] ?? '', short(scope?.name));
    },
    onEnd(span: SdkSpan): void {
      if (!end.enabled) return;
      const { spanId, traceId } = span.spanContext();
      const { parentSpanContext: parent, name, kind, instrumentationScope: scope, status } = span;
      const texts = new AttributeTexts(LENGTH_MAX);
      const message = texts.text(status.message);
      const attributes = texts.of(span.attributes);
      const partTexts = new AttributeTexts(PARTS_LENGTH_MAX);
      const events = partsOf(span.events, (event) => {
        const { text, dropped } = partTexts.of(event.attributes);
        return [short(event.name), `${unixNs(event.time)}`, text, dropped];
      });
      const links = partsOf(span.links, (link) => {
        const { text, dropped } = partTexts.of(link.attributes);
        return [link.context.traceId, link.context.spanId, text, dropped];
      });
      end(
        spanId,
        traceId,
        parent?.spanId ?? '',
        short(name),
        KINDS[kind] ?? '',
        short(scope?.name),
        short(scope?.version),
        unixNs(span.startTime),
        unixNs(span.endTime),
        STATUSES[status.code] ?? '',
        message,
        status.code === ERROR ? short(span.attributes['error.type']) || message || 'error' : '',
        attributes.text,
        events.text,
        links.text,
        span.droppedAttributesCount + attributes.dropped,
        span.droppedEventsCount + events.dropped,
        span.droppedLinksCount + links.dropped,
        texts.cut + partTexts.cut,
      );
    },
  };

  const started: Observer<SdkSpan> = {
    before: (_, [span]) => span as SdkSpan,
    // After the program's processors, which may add attributes.
    returned: (span) => processor.onStart(span),
  };
  const ended: Observer<SdkSpan> = {
    before: (_, [span]) => span as SdkSpan,
    returned: (span) => processor.onEnd(span),
  };
  const install = () =>
    changeSdk({
      packageNames: ['@opentelemetry/sdk-trace-base', '@opentelemetry/sdk-trace'],
      source: 'MultiSpanProcessor',
      signal: 'trace',
      change: ({ MultiSpanProcessor: { prototype } }) =>
        observeAll([
          { holder: prototype, name: 'onStart', observer: started },
          { holder: prototype, name: 'onEnd', observer: ended },
        ]),
    });
  return [{ tracepoints: [begin, end], install }];
}

/** The first events or links as JSON; empty if there are none. */
function partsOf<Part>(parts: readonly Part[], describe: (part: Part) => readonly unknown[]) {
  const described = parts.slice(0, PARTS_MAX).map(describe);
  return { text: described.length === 0 ? '' : jsonOf([described]), dropped: parts.length - described.length };
}

function short(text: unknown): string {
  return typeof text === 'string' ? text.slice(0, NAME_LENGTH_MAX) : '';
}
