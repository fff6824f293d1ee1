import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSandbox, program, record, type Sandbox, succeed } from './harness.ts';

interface SpanEvent {
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Without babeltrace2 2.0.4, which prints an empty text that follows another as that one. */
async function spanEventsOf(sandbox: Sandbox, trace: string): Promise<SpanEvent[]> {
  const lines = (await succeed(sandbox, 'view', trace)).split('\n');
  return lines.flatMap((line) => {
    const [, name, text] = /shop:(\w+): \{[^}]*\}, \{(.*)\}$/.exec(line) ?? [];
    if (name === undefined) return [];
    const fields = [...text!.matchAll(/(\w+) = ("[^"]*"|\d+)/g)];
    return [
      { name, fields: Object.fromEntries(fields.map(([, field, value]) => [field, value!.replaceAll('"', '')])) },
    ];
  });
}

async function recordedSpans(options: readonly string[], rules: readonly string[] = []) {
  const sandbox = makeSandbox();
  const { ended, summary, trace } = await record(sandbox, [process.execPath, ...options, program('spans.mjs')], rules);
  expect(summary.eventsDiscarded).toBe(0);
  return { sandbox, trace, events: await spanEventsOf(sandbox, trace), said: JSON.parse(ended.stdout) };
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of OTLP
async function telemetryOf(sandbox: Sandbox, trace: string): Promise<any[]> {
  const output = join(sandbox.directory, 'otlp');
  await succeed(sandbox, 'convert', trace, '-o', 'otlp', '-w', output);
  const { resourceSpans } = JSON.parse(readFileSync(join(output, 'traces.jsonl'), 'utf8'));
  // biome-ignore lint/suspicious/noExplicitAny: JSON of OTLP
  return resourceSpans.flatMap(({ scopeSpans }: any) => scopeSpans.flatMap(({ spans }: any) => spans));
}

describe('spans', () => {
  it.each(['', '--disallow-code-generation-from-strings'])(
    'have begins and ends with one identifier, and their parents, also side by side: node %s',
    async (option) => {
      const { events, said } = await recordedSpans(option === '' ? [] : [option]);
      expect(said).toEqual({
        placed: [
          ['number', 10],
          ['number', 0],
        ],
        thrown: true,
        enabled: [true, true],
        unrecorded: 0,
      });
      const of = (wanted: string) => events.filter(({ name }) => name === wanted).map(({ fields }) => fields);
      const orders = of('order_begin');
      expect(orders.map(({ customer, parent_id }) => [customer, parent_id])).toEqual([
        ['Ada', '0'],
        ['Bob', '0'],
      ]);
      const [ada, bob] = orders.map(({ span_id }) => span_id);
      const payments = of('pay_begin');
      const parentOf = (wanted: string) => payments.find(({ amount }) => amount === wanted)?.parent_id;
      expect([parentOf('5'), parentOf('0'), parentOf('1')]).toEqual([ada, bob, '0']);
      const ids = [...orders, ...payments, ...of('bare_begin')].map(({ span_id }) => span_id);
      expect(new Set(ids).size).toBe(ids.length);

      const totals = of('order_end').map(({ span_id, total, error }) => `${span_id} ${total} ${error}`);
      expect(totals.sort()).toEqual([`${ada} 10 `, `${bob} 0 `].sort());
      // All but the payment outside, which has no end.
      const ended = payments.filter(({ amount }) => amount !== '1').map(({ span_id }) => span_id);
      expect(
        of('pay_end')
          .map(({ span_id }) => span_id)
          .sort(),
      ).toEqual(ended.sort());
      const errors = of('pay_end').map(({ error, error_message: message }) => `${error}: ${message}`);
      expect(errors.sort()).toEqual([
        ': ',
        'REFUSED: card refused',
        'REFUSED: card refused',
        'TypeError: no',
        'failed: something without a text was thrown',
        'failed: undefined',
        'too late: ',
      ]);
      expect(of('bare_end').map(({ span_id }) => span_id)).toEqual(of('bare_begin').map(({ span_id }) => span_id));
    },
  );

  it('that a session does not record have the identifier 0, and no end', async () => {
    const { events, said } = await recordedSpans([], ['-u', 'shop:pay_*', '-u', 'shop:order_end']);
    expect(said.enabled).toEqual([false, false]);
    expect(new Set(events.map(({ name }) => name))).toEqual(new Set(['pay_begin', 'pay_end']));
    expect(new Set(events.map(({ fields }) => fields.parent_id ?? '0'))).toEqual(new Set(['0']));
  });

  it('are in statistics, in the report with their errors, and in telemetry with their parents', async () => {
    const { sandbox, trace } = await recordedSpans([]);
    const stats = JSON.parse(await succeed(sandbox, 'stats', trace, '-o', 'json'));
    const { by, nested } = stats.pairs.find(({ begin }: { begin: string }) => begin === 'shop:order_begin');
    expect([by, nested]).toEqual(['span_id', 0]);
    const report = await succeed(sandbox, 'report', trace);
    expect(report).toContain('shop:pay: 2 of 7 failed with REFUSED.');

    const spans = await telemetryOf(sandbox, trace);
    const order = spans.find(
      ({ name, attributes }) => name === 'shop:order' && attributes[0].value.stringValue === 'Bob',
    );
    const payment = spans.find(({ parentSpanId }) => parentSpanId === order.spanId);
    expect(payment).toMatchObject({
      name: 'shop:pay',
      traceId: order.traceId,
      status: { code: 2, message: 'card refused' },
    });
    const names = [...order.attributes, ...payment.attributes].map(({ key }: { key: string }) => key);
    expect(names).toEqual(expect.arrayContaining(['customer', 'total', 'amount', 'error']));
    expect(names.filter((name) => name.endsWith('_id'))).toEqual([]);
    expect(order.parentSpanId).toBeUndefined();
    expect(order.status.code).toBe(0);
  });

  it('outside of spans belong to the request', async () => {
    const sandbox = makeSandbox();
    const file = join(sandbox.directory, 'app.mjs');
    writeFileSync(
      file,
      `import http from 'node:http';
      import { provider, str } from ${JSON.stringify(import.meta.resolve('@ringtail/tracer'))};
      const cart = provider('shop').span('cart', [['path', str]]);
      const server = http.createServer(async (request, response) => {
        await null;
        const id = cart.begin(request.url);
        const inner = cart.run(id, () => cart.begin('inner'));
        await new Promise(setImmediate);
        cart.end(inner);
        cart.end(id);
        response.end();
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address();
      await new Promise((resolve) => http.get({ port, host: '127.0.0.1', path: '/a', agent: false }, (response) => response.resume().once('close', resolve)));
      server.close();`,
    );
    const instrumented = { ...sandbox, env: { ...sandbox.env, RINGTAIL_INSTRUMENT: undefined } };
    const { trace } = await record(instrumented, [process.execPath, file], ['--settings=profile']);
    const spans = await telemetryOf(sandbox, trace);
    const request = spans.find(({ kind }) => kind === 2);
    const [inner, outer] = spans.filter(({ name }) => name === 'shop:cart');
    expect([inner.parentSpanId, outer.parentSpanId]).toEqual([outer.spanId, request.spanId]);
    expect([inner.traceId, outer.traceId]).toEqual([request.traceId, request.traceId]);
  });
});
