import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../cli.ts';
import { type FakeContext, fakeContext } from '../testing/fake-context.test.support.ts';

/**
 * The published protobuf definitions of OpenTelemetry, compiled by protobufjs. The encoder of Ringtail is another one:
 * a later version of this package, which is written by hand.
 */
const { opentelemetry } = createRequire(import.meta.url)('otlp-definitions/build/src/generated/root.js');
const { trace, logs } = opentelemetry.proto.collector;
const TYPES = {
  traces: { request: trace.v1.ExportTraceServiceRequest, response: trace.v1.ExportTraceServiceResponse },
  logs: { request: logs.v1.ExportLogsServiceRequest, response: logs.v1.ExportLogsServiceResponse },
};
type Signal = keyof typeof TYPES;

const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
typealias integer { size = 32; } := u32;
typealias integer { size = 64; map = clock.c.value; } := t64;
trace { major = 1; minor = 8; uuid = "5675cf9c-b30c-46c3-bd65-f8c2dda40ba7"; byte_order = le; };
env { hostname = "host"; tracer_name = "ringtail"; };
clock { name = c; };
stream {
  packet.context := struct { t64 timestamp_begin; t64 timestamp_end; };
  event.header := struct { u8 id; t64 timestamp; };
};
event { name = "shop:order_begin"; id = 0; loglevel = 6; fields := struct { u32 order_id; }; };
event { name = "shop:order_end"; id = 1; loglevel = 6; fields := struct { u32 order_id; }; };
event { name = "shop:tick"; id = 2; loglevel = 4; fields := struct { u32 n; }; };
`;

function event(id: number, ns: number, value: number): Buffer {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt8(id, 0);
  bytes.writeBigUInt64LE(BigInt(ns), 1);
  bytes.writeUInt32LE(value, 9);
  return bytes;
}

/** A trace with orders, each a span of 5 ns, and then with ticks, each a log. */
function traceWith(context: FakeContext, orders: number, ticks: number): string {
  const header = Buffer.alloc(16);
  header.writeBigUInt64LE(1_000_000_000n, 8);
  const records = [
    ...Array.from({ length: orders }, (_, i) => [event(0, 10 * i, i), event(1, 10 * i + 5, i)]).flat(),
    ...Array.from({ length: ticks }, (_, i) => event(2, 1_000_000 + i, i)),
  ];
  const directory = join(context.cwd, 'trace');
  mkdirSync(directory);
  writeFileSync(join(directory, 'metadata'), METADATA);
  writeFileSync(join(directory, 's'), Buffer.concat([header, ...records]));
  return directory;
}

/** What a receiver does with a request. */
type Answer =
  | 'close'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: Uint8Array };

interface ReceivedRequest {
  readonly signal: Signal;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: a message of the definitions
  readonly message: any;
}

/** A receiver that decodes each request, and gives these answers, one after the other; then 200. */
async function receiver(...answers: readonly Answer[]) {
  const requests: ReceivedRequest[] = [];
  const left = [...answers];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const received = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(received) : received;
    const signal = (request.url ?? '').split('/').at(-1) as Signal;
    const type = TYPES[signal].request;
    const message = type.toObject(type.decode(body), { longs: String, bytes: String });
    requests.push({ signal, headers: request.headers, body, message });
    const answer = left.shift() ?? { status: 200 };
    if (answer === 'close') request.socket.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

// biome-ignore lint/suspicious/noExplicitAny: a message of the definitions
const spansOf = ({ message }: ReceivedRequest): any[] =>
  message.resourceSpans.flatMap(({ scopeSpans }: never) => (scopeSpans as never[]).flatMap(({ spans }) => spans));
// biome-ignore lint/suspicious/noExplicitAny: a message of the definitions
const logsOf = ({ message }: ReceivedRequest): any[] =>
  message.resourceLogs.flatMap(({ scopeLogs }: never) =>
    (scopeLogs as never[]).flatMap(({ logRecords }) => logRecords),
  );

async function convert(context: FakeContext, trace: string, url: string, ...options: readonly string[]) {
  const { code } = await run(['convert', trace, '-o', 'otlp-proto', '--endpoint', url, ...options], context);
  return { code, output: context.output(), errors: context.errors() };
}

describe('ringtail convert -o otlp-proto --endpoint', () => {
  it('sends each span and log once, in requests of limited size that the published definitions decode', async () => {
    const context = fakeContext();
    const { requests, url } = await receiver();
    const result = await convert(context, traceWith(context, 900, 600), url, '--service-name', 'shop');
    expect(result).toEqual({ code: 0, output: `900 spans and 600 logs sent to ${url}/\n`, errors: '' });

    expect(
      Math.max(...requests.map((request) => (request.signal === 'traces' ? spansOf : logsOf)(request).length)),
    ).toBe(512);
    const spans = requests.filter(({ signal }) => signal === 'traces').flatMap(spansOf);
    expect(spans.map(({ startTimeUnixNano }) => Number(startTimeUnixNano)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 900 }, (_, i) => 10 * i),
    );
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(900);
    const [first] = spans;
    expect(first).toMatchObject({ name: 'shop:order', kind: 1, endTimeUnixNano: '5' });
    expect([first.traceId, first.spanId].map((id) => Buffer.from(id, 'base64').length)).toEqual([16, 8]);
    expect(first.attributes).toEqual([{ key: 'order_id', value: { intValue: '0' } }]);
    const ticks = requests.filter(({ signal }) => signal === 'logs').flatMap(logsOf);
    expect(ticks.map(({ attributes }) => Number(attributes[0].value.intValue))).toEqual(
      Array.from({ length: 600 }, (_, i) => i),
    );
    expect(ticks[0]).toMatchObject({ eventName: 'shop:tick', severityText: 'WARN', timeUnixNano: '1000000' });
    const { resource } = requests[0]!.message.resourceSpans[0];
    expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'shop' } });
  });

  it('sends headers and the token with each attempt, and the same bytes again after a lost connection', async () => {
    const context = fakeContext();
    const { requests, url } = await receiver('close', { status: 429, headers: { 'retry-after': '0' } });
    const tokenFile = join(context.cwd, 'token');
    writeFileSync(tokenFile, 'opens-it\n', { mode: 0o600 });
    const options = ['--header', 'X-Tenant: shop', '--header=X-Other:1', '--token-file', tokenFile];
    const result = await convert(context, traceWith(context, 2, 0), url, ...options);
    expect(result).toMatchObject({ code: 0, errors: '' });
    expect(requests.map(({ headers }) => [headers['x-tenant'], headers['x-other'], headers.authorization])).toEqual(
      Array(3).fill(['shop', '1', 'Bearer opens-it']),
    );
    expect(requests.map(({ body }) => body)).toEqual(Array(3).fill(requests[0]!.body));
    expect(result.output).toContain('2 spans and 0 logs');
  });

  it('does not read a token that others can read', async () => {
    const context = fakeContext();
    const { requests, url } = await receiver();
    const tokenFile = join(context.cwd, 'token');
    writeFileSync(tokenFile, 'opens-it\n');
    chmodSync(tokenFile, 0o644);
    const result = await convert(context, traceWith(context, 1, 0), url, '--token-file', tokenFile);
    expect(result.code).toBe(1);
    expect(result.errors).toContain('token');
    expect(result.errors).not.toContain('opens-it');
    expect(requests).toEqual([]);
  });

  it('gives up after five attempts, and says what the last answer was', async () => {
    const context = fakeContext();
    const answers = [503, 502, 504, 429, 503].map((status) => ({ status }));
    const { requests, url } = await receiver(...answers);
    const result = await convert(context, traceWith(context, 1, 1), url);
    expect(result.code).toBe(1);
    expect(result.errors).toContain(`${url}/v1/traces does not take the traces: the answer is 503`);
    expect(requests).toHaveLength(5);
  });

  it('counts and reports what the receiver refuses', async () => {
    const context = fakeContext();
    const { response } = TYPES.traces;
    const body = response.encode({ partialSuccess: { rejectedSpans: 3, errorMessage: 'over quota' } }).finish();
    const { url } = await receiver({ status: 200, headers: { 'content-type': 'application/x-protobuf' }, body });
    const result = await convert(context, traceWith(context, 5, 0), url);
    expect(result.output).toBe(`5 spans and 0 logs sent to ${url}/, of which 3 were refused\n`);
    expect(result.errors).toBe(`warning: ${new URL(url).host} has refused a part: over quota\n`);
  });

  it('follows no redirect: the token stays with the address that was named', async () => {
    const context = fakeContext();
    const other = await receiver();
    const { requests, url } = await receiver({ status: 307, headers: { location: `${other.url}/v1/traces` } });
    const result = await convert(context, traceWith(context, 1, 0), url);
    expect([result.code, requests.length, other.requests]).toEqual([1, 1, []]);
    expect(result.errors).toContain('the answer is 307');
  });

  it('sends what the same trace gives as files', async () => {
    const context = fakeContext();
    const { requests, url } = await receiver();
    const trace = traceWith(context, 3, 4);
    await convert(context, trace, url);
    const directory = join(context.cwd, 'files');
    await run(['convert', trace, '-o', 'otlp-proto', '-w', directory], context);
    expect(requests.map(({ body }) => body)).toEqual(
      ['traces', 'logs'].map((name) => readFileSync(join(directory, `${name}.binpb`))),
    );
  });
});
