import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../cli.ts';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { requestTraceIn } from '../testing/request-trace.test.support.ts';

// biome-ignore lint/suspicious/noExplicitAny: JSON of OTLP
function scopesIn(json: any, resources: string, scopes: string): any[] {
  // biome-ignore lint/suspicious/noExplicitAny: JSON of OTLP
  return json[resources].flatMap((resource: any) => resource[scopes]);
}

/** A collector that gives these answers, one after the other; then 200. */
async function collector(...statuses: readonly number[]) {
  const requests: { readonly path: string; readonly type: string; readonly body: Buffer }[] = [];
  const answers = [...statuses];
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const type = request.headers['content-type'] ?? '';
    requests.push({ path: request.url ?? '', type, body: Buffer.concat(chunks) });
    response.statusCode = answers.shift() ?? 200;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('ringtail convert -o otlp', () => {
  it('makes spans of requests and pairs, and logs of all other events', async () => {
    const context = fakeContext();
    const output = join(context.cwd, 'spans');
    const command = ['convert', requestTraceIn(context), '-o', 'otlp', '-w', output, '--service-name', 'shop'];
    expect([await run(command, context), context.errors()]).toEqual([{ code: 0 }, '']);
    expect(context.output()).toBe(`2 spans and 2 logs in ${output}\n`);

    const traces = JSON.parse(readFileSync(join(output, 'traces.jsonl'), 'utf8'));
    expect(traces.resourceSpans[0].resource.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'shop' },
    });
    const spans = scopesIn(traces, 'resourceSpans', 'scopeSpans').flatMap((scope) => scope.spans);
    const [order, request] = spans;
    expect(order).toMatchObject({
      name: 'shop:order',
      kind: 1,
      traceId: request.traceId,
      parentSpanId: request.spanId,
      startTimeUnixNano: '1000000000',
      endTimeUnixNano: '3000000000',
    });
    expect(request).toMatchObject({ kind: 2, startTimeUnixNano: '0', endTimeUnixNano: '4000000000' });
    expect(request.traceId).toMatch(/^[0-9a-f]{32}$/);

    const logs = JSON.parse(readFileSync(join(output, 'logs.jsonl'), 'utf8'));
    const [refused, unfinished] = scopesIn(logs, 'resourceLogs', 'scopeLogs').flatMap((scope) => scope.logRecords);
    expect(refused).toMatchObject({
      eventName: 'shop:refused',
      severityText: 'WARN',
      body: { stringValue: 'no' },
      traceId: request.traceId,
      spanId: request.spanId,
    });
    expect(unfinished).toMatchObject({ eventName: 'shop:order_begin', severityText: 'INFO' });
    expect(unfinished.traceId).toBeUndefined();
  });

  it.each([
    ['a caller', ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'], 'b7ad6b7169203331'],
    ['a caller without a span', ['0af7651916cd43dd8448eb211c80319c', ''], undefined],
    ['a span of no trace', ['', 'b7ad6b7169203331'], undefined],
    ['a span of zeros', ['0af7651916cd43dd8448eb211c80319c', '0000000000000000'], undefined],
    ['a span that is none', ['0af7651916cd43dd8448eb211c80319c', 'B7AD6B7169203331'], undefined],
  ] as const)('has the parent of a request only from a known caller: %s', async (_, caller, parent) => {
    const context = fakeContext();
    const output = join(context.cwd, 'spans');
    const code = await run(['convert', requestTraceIn(context, caller), '-o', 'otlp', '-w', output], context);
    expect([code, context.errors()]).toEqual([{ code: 0 }, '']);
    const traces = JSON.parse(readFileSync(join(output, 'traces.jsonl'), 'utf8'));
    const [order, request] = scopesIn(traces, 'resourceSpans', 'scopeSpans').flatMap((scope) => scope.spans);
    expect(request.parentSpanId).toBe(parent);
    if (caller[0] !== '') expect(request.traceId).toBe(caller[0]);
    expect([order.traceId, order.parentSpanId]).toEqual([request.traceId, request.spanId]);
    const attributes = [...order.attributes, ...request.attributes].map(({ key }) => key);
    expect(attributes).not.toContain('node.parent_span_id');
  });

  it('sends protobuf to a collector, and again after an answer that says so', async () => {
    const context = fakeContext();
    const { requests, url } = await collector(503);
    const command = ['convert', requestTraceIn(context), '-o', 'otlp-proto', '--endpoint', url];
    expect([await run(command, context), context.errors()]).toEqual([{ code: 0 }, '']);
    expect(requests.map(({ path, type }) => [path, type])).toEqual([
      ['/v1/traces', 'application/x-protobuf'],
      ['/v1/traces', 'application/x-protobuf'],
      ['/v1/logs', 'application/x-protobuf'],
    ]);
    const directory = join(context.cwd, 'spans');
    await run(['convert', join(context.cwd, 'trace'), '-o', 'otlp-proto', '-w', directory], context);
    expect(requests[1]!.body).toEqual(readFileSync(join(directory, 'traces.binpb')));
    expect(requests[2]!.body).toEqual(readFileSync(join(directory, 'logs.binpb')));
  });

  it('fails after an answer that refuses', async () => {
    const context = fakeContext();
    const { requests, url } = await collector(400);
    expect(await run(['convert', requestTraceIn(context), '-o', 'otlp', '--endpoint', url], context)).toEqual({
      code: 1,
    });
    expect(context.errors()).toContain('the answer is 400');
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['-o', 'otlp'],
    ['-o', 'otlp', '--endpoint', 'localhost:4318'],
    ['-o', 'json', '--endpoint', 'http://localhost:4318'],
  ])('refuses %s %s %s', async (...options) => {
    const context = fakeContext();
    expect(await run(['convert', requestTraceIn(context), ...options], context)).toEqual({ code: 1 });
    expect(context.errors()).not.toBe('');
  });
});
