import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makeSandbox, record, type Sandbox, startNode, succeed } from '../e2e/harness.ts';

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Deterministic identifiers, and what the program's own exporter has received, in a file beside the program. */
const PRELUDE = `
  import { writeFileSync } from 'node:fs';
  import net from 'node:net';
  import { context, metrics, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
  import { SeverityNumber } from '@opentelemetry/api-logs';
  import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
  import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
  import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
  // On Node.js 20, Ringtail looks for loaded packages before new connections.
  net.connect({ port: 1, host: '127.0.0.1' }).once('error', () => {});
  let last = 0;
  const hex = (length) => (++last).toString(16).padStart(length, 'a');
  const exporter = new InMemorySpanExporter();
  const order = [];
  const provider = new BasicTracerProvider({
    idGenerator: { generateTraceId: () => hex(32), generateSpanId: () => hex(16) },
    spanProcessors: [
      { onStart: (span) => { order.push('start ' + span.name); span.setAttribute('by.processor', 7); },
        onEnd: (span) => order.push('end ' + span.name), forceFlush: async () => {}, shutdown: async () => {} },
      new SimpleSpanProcessor(exporter),
    ],
  });
  const save = (value) => writeFileSync(new URL('exported.json', import.meta.url), JSON.stringify(value));
`;

// biome-ignore lint/suspicious/noExplicitAny: JSON of OTLP
type Json = any;

interface Recorded {
  readonly sandbox: Sandbox;
  readonly trace: string;
  /** What the program has saved, such as what its own exporter has received. */
  readonly exported: Json;
}

/** Records a program whose output and exit code have to be as without Ringtail. */
async function recordedProgram(
  source: string,
  rules: readonly string[],
  contexts: readonly string[] = [],
): Promise<Recorded> {
  const made = makeSandbox();
  const sandbox = { ...made, env: { ...made.env, RINGTAIL_INSTRUMENT: undefined, NODE_PRESERVE_SYMLINKS: '1' } };
  const path = join(sandbox.directory, 'app.mjs');
  writeFileSync(path, PRELUDE + source);
  const settings = join(sandbox.directory, 'settings.json');
  writeFileSync(settings, JSON.stringify({ contexts, rules: rules.map((pattern) => ({ pattern })) }));
  symlinkSync(PACKAGES, join(sandbox.directory, 'node_modules'));
  const plain = await startNode(sandbox, [path]).ended;
  const { ended, summary, trace } = await record(sandbox, [process.execPath, path], ['--settings', settings]);
  expect([plain.code, summary.exitCode, summary.troubles, summary.eventsDiscarded]).toEqual([0, 0, [], 0]);
  expect(ended.stdout).toBe(plain.stdout);
  const exported = JSON.parse(readFileSync(join(sandbox.directory, 'exported.json'), 'utf8'));
  return { sandbox, trace, exported };
}

async function converted({ sandbox, trace }: Recorded) {
  const output = join(sandbox.directory, 'otlp');
  await succeed(sandbox, 'convert', trace, '-o', 'otlp', '-w', output);
  const records = (file: string, resources: string, scopes: string, of: string): Json[] => {
    const lines = readFileSync(join(output, file), 'utf8').trim().split('\n');
    return lines.flatMap((line) =>
      (JSON.parse(line || '{}')[resources] ?? []).flatMap((resource: Json) =>
        resource[scopes].flatMap((scope: Json) => scope[of].map((one: Json) => ({ ...one, scope: scope.scope }))),
      ),
    );
  };
  return {
    spans: records('traces.jsonl', 'resourceSpans', 'scopeSpans', 'spans'),
    logs: records('logs.jsonl', 'resourceLogs', 'scopeLogs', 'logRecords'),
  };
}

/** What the program's exporter has received, as the encoder of OpenTelemetry writes it. */
const SAVE_SPANS = `
  const { JsonTraceSerializer } = await import('@opentelemetry/otlp-transformer');
  const request = JSON.parse(new TextDecoder().decode(JsonTraceSerializer.serializeRequest(exporter.getFinishedSpans())));
  save(request.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ ...span, scope })))));
  console.log(order.join(', '));
`;

const byId = (spans: readonly Json[]) => [...spans].sort((a, b) => (a.spanId < b.spanId ? -1 : 1));

describe('OpenTelemetry', () => {
  it('gives its spans back as its own exporter received them', async () => {
    const recorded = await recordedProgram(
      `
      const tracer = provider.getTracer('shop', '1.2.3');
      const parent = tracer.startSpan('GET /cart', {
        kind: SpanKind.SERVER,
        startTime: [1700000000, 123456789],
        attributes: { 'http.request.method': 'GET', count: 3, ratio: 0.25, big: 2 ** 60, ok: true, list: ['a', 'b'], numbers: [1, 2.5], text: 'ä"\\n' },
        links: [{ context: { traceId: 'b'.repeat(32), spanId: 'c'.repeat(16), traceFlags: 1 }, attributes: { why: 'batch' } }],
      });
      const within = trace.setSpan(ROOT_CONTEXT, parent);
      for (const [name, kind] of [['load', SpanKind.INTERNAL], ['query', SpanKind.CLIENT], ['send', SpanKind.PRODUCER], ['take', SpanKind.CONSUMER]]) {
        const child = tracer.startSpan(name, { kind }, within);
        if (name === 'query') {
          child.recordException(Object.assign(new Error('refused'), { stack: 'Error: refused' }));
          child.setStatus({ code: SpanStatusCode.ERROR, message: 'no rows' });
        }
        if (name === 'send') child.setStatus({ code: SpanStatusCode.OK });
        await new Promise(setImmediate);
        child.end();
      }
      parent.addEvent('cache miss', { key: 'k' }, [1700000001, 5]);
      parent.updateName('GET /cart/:id');
      parent.end([1700000002, 7]);
      provider.getTracer('other').startSpan('alone').end();
      ${SAVE_SPANS}`,
      ['otel:*'],
    );
    const { spans, logs } = await converted(recorded);
    expect(recorded.exported).toHaveLength(6);
    expect(byId(spans)).toEqual(byId(recorded.exported));
    expect(logs).toEqual([]);
  });

  it('has bounded attributes without secrets, and counts what is left out', async () => {
    const recorded = await recordedProgram(
      `
      const span = provider.getTracer('shop').startSpan('GET', { attributes: {
        'user.password': 'hidden-1', 'http.request.header.authorization': 'hidden-2', 'http.request.header.cookie': ['hidden-3'],
        'url.full': 'http://shop/a?key=hidden-4', 'url.query': 'key=hidden-5', long: 'x'.repeat(5000),
      } });
      for (let i = 0; i < 120; i++) span.setAttribute('a' + i, 'y'.repeat(200));
      for (let i = 0; i < 40; i++) span.addEvent('event ' + i);
      span.end();
      const many = provider.getTracer('shop').startSpan('many');
      for (let i = 0; i < 200; i++) many.setAttribute('a' + i, i);
      many.end();
      ${SAVE_SPANS}`,
      ['otel:*'],
    );
    const { spans } = await converted(recorded);
    const [span, many] = byId(spans);
    expect(JSON.stringify(spans)).not.toContain('hidden');
    const attributeIn = (name: string) => span.attributes.find(({ key }: Json) => key === name)?.value.stringValue;
    expect(attributeIn('url.full')).toBe('http://shop/a');
    expect(attributeIn('long')).toBe(`${'x'.repeat(4096)}…`);
    expect(span.attributes.length + span.droppedAttributesCount).toBe(127);
    expect(JSON.stringify(span.attributes).length).toBeLessThan(20_000);
    expect([span.events.length, span.droppedEventsCount]).toEqual([32, 8]);
    // The SDK itself has dropped all beyond 128.
    expect([many.attributes.length, many.droppedAttributesCount]).toEqual([128, 73]);
    const cut = (await succeed(recorded.sandbox, 'view', recorded.trace, '--name', 'otel:span_end')).match(
      /values_cut = \d+/g,
    );
    expect(cut).not.toContain('values_cut = 0, ');
  });

  it('gives its logs back with their spans, at the levels of rules', async () => {
    const source = `
      const logExporter = new InMemoryLogRecordExporter();
      const loggers = new LoggerProvider({ processors: [new SimpleLogRecordProcessor(logExporter)] });
      const logger = loggers.getLogger('audit');
      const span = provider.getTracer('shop').startSpan('GET');
      const within = trace.setSpan(ROOT_CONTEXT, span);
      logger.emit({ severityNumber: SeverityNumber.WARN2, severityText: 'careful', body: 'no stock', attributes: { item: 7, token: 'hidden' }, context: within, eventName: 'stock', timestamp: [1700000000, 5] });
      logger.emit({ severityNumber: SeverityNumber.DEBUG, body: { a: [1] } });
      logger.emit({ body: 'plain' });
      span.end();
      save(span.spanContext());
      console.log(logExporter.getFinishedLogRecords().length);`;
    const recorded = await recordedProgram(source, ['otel:log_*']);
    const { spans, logs } = await converted(recorded);
    expect(spans).toEqual([]);
    expect(logs).toMatchObject([
      {
        timeUnixNano: '1700000000000000005',
        severityNumber: 14,
        severityText: 'careful',
        body: { stringValue: 'no stock' },
        eventName: 'stock',
        attributes: [{ key: 'item', value: { intValue: 7 } }],
        droppedAttributesCount: 1,
        traceId: recorded.exported.traceId,
        spanId: recorded.exported.spanId,
        scope: { name: 'audit' },
      },
      { severityNumber: 5, body: { stringValue: '{"a":[1]}' } },
      { severityNumber: 9, body: { stringValue: 'plain' } },
    ]);
    expect(logs[1].traceId).toBeUndefined();
  });

  it('records what the readers of the program collect of its metrics', async () => {
    const recorded = await recordedProgram(
      `
      const reader = new PeriodicExportingMetricReader({ exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE), exportIntervalMillis: 3600_000 });
      const meters = new MeterProvider({ readers: [reader] });
      const meter = meters.getMeter('shop');
      meter.createCounter('orders', { unit: '1' }).add(3, { kind: 'book', 'user.secret': 'hidden' });
      meter.createHistogram('duration', { unit: 'ms' }).record(12.5);
      await meters.forceFlush();
      save({});
      await meters.shutdown();`,
      ['otel:metric*'],
    );
    const lines = (await succeed(recorded.sandbox, 'view', recorded.trace)).trim().split('\n');
    const text = lines.join();
    expect(text).toMatch(
      /reader = "PeriodicExportingMetricReader", scope = "shop", name = "orders", unit = "1", type = "sum".* value = 3, count = 1/,
    );
    expect(text).toContain('attributes = "{\\"kind\\":\\"book\\"}", attributes_dropped = 1');
    expect(text).toMatch(
      /name = "duration", unit = "ms", type = "histogram".* value = 12.5, count = 1, histogram = "\{\\"min/,
    );
    expect(text).not.toContain('hidden');
  });

  it.each([
    ['node_gc:*', false],
    ['otel:span_*', true],
  ])('is hooked while a session wants its events: %s', async (rule, isHooked) => {
    const { exported } = await recordedProgram(
      `
      import { types } from 'node:util';
      import { createRequire } from 'node:module';
      const { MultiSpanProcessor } = createRequire(import.meta.url)('@opentelemetry/sdk-trace/build/src/MultiSpanProcessor.js');
      save(types.isProxy(MultiSpanProcessor.prototype.onEnd));`,
      [rule],
    );
    expect(exported).toBe(isHooked);
  });

  it('names its span in all events of the code that runs in it, which has their spans and logs within', async () => {
    const recorded = await recordedProgram(
      `
      import { AsyncLocalStorage } from 'node:async_hooks';
      import { lookup } from 'node:dns/promises';
      const storage = new AsyncLocalStorage();
      context.setGlobalContextManager({
        active: () => storage.getStore() ?? ROOT_CONTEXT,
        with: (active, callback, self, ...args) => storage.run(active, () => Reflect.apply(callback, self, args)),
        bind: (_, target) => target,
        enable() { return this; },
        disable() { return this; },
      });
      const span = provider.getTracer('shop').startSpan('resolve');
      await context.with(trace.setSpan(context.active(), span), async () => {
        await null;
        await lookup('localhost');
      });
      span.end();
      await lookup('localhost');
      save(span.spanContext());`,
      ['otel:span_*', 'node_dns:*'],
      ['$app.otel:trace_id', '$app.otel:span_id'],
    );
    const { spans } = await converted(recorded);
    const { traceId, spanId } = recorded.exported;
    const lookups = spans.filter(({ name }) => name.startsWith('dns '));
    expect(lookups.map((span) => [span.traceId === traceId, span.parentSpanId])).toEqual([
      [true, spanId],
      [false, undefined],
    ]);
  });

  it('has the parents, durations and errors of its spans in reports', async () => {
    const recorded = await recordedProgram(
      `
      const tracer = provider.getTracer('shop');
      const span = tracer.startSpan('checkout');
      span.setAttribute('error.type', 'REFUSED');
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      tracer.startSpan('browse').end();
      save({});`,
      ['otel:span_*'],
    );
    const report = await succeed(recorded.sandbox, 'report', recorded.trace);
    expect(report).toContain('checkout: 1 of 1 failed with REFUSED.');
    expect(report).toContain('browse');
  });
});
