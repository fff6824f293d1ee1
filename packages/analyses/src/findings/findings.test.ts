import type { VisitedField } from '@ringtail/ctf';
import { describe, expect, it } from 'vitest';
import { type MadeClasses, type MadeEvent, madeStream, show } from '../testing/made-events.test.support.ts';
import { type Findings, findings } from './findings.ts';

const CLASSES: MadeClasses = {
  'node_http:server_request_begin': ['request_id', 'method', 'path'],
  'node_http:server_request_end': ['request_id', 'route', 'status', 'aborted', 'error'],
  'node_http:client_request_begin': ['call_id', 'method', 'host', 'path'],
  'node_http:client_request_end': ['call_id', 'status', 'error'],
  'node_pg:query_begin': ['call_id', 'host', 'port', 'query'],
  'node_pg:query_end': ['call_id', 'rows', 'error'],
  'node_pg:slow_acquire': ['host', 'port', 'connections', 'duration_ns'],
  'node_mysql2:query_begin': ['call_id', 'host', 'port', 'query'],
  'node_mysql2:query_end': ['call_id', 'rows', 'error'],
  'node_mysql2:slow_acquire': ['host', 'port', 'connections', 'duration_ns'],
  'node_mongodb:command_begin': ['call_id', 'host', 'port', 'command', 'collection'],
  'node_mongodb:command_end': ['call_id', 'error'],
  'node_graphql:execute_begin': ['call_id', 'operation', 'name'],
  'node_graphql:execute_end': ['call_id', 'errors', 'error'],
  'node_nats:request_begin': ['call_id', 'host', 'port', 'subject'],
  'node_nats:request_end': ['call_id', 'error'],
  'node_ioredis:command_begin': ['call_id', 'host', 'port', 'command'],
  'node_ioredis:command_end': ['call_id', 'error'],
  'node_redis:command_begin': ['call_id', 'host', 'port', 'command'],
  'node_redis:command_end': ['call_id', 'error'],
  'node_eventloop:stall': ['duration_ns', 'stack'],
  'node_dns:lookup': ['operation', 'name', 'duration_ns'],
  'node_process:warning': ['name', 'message', 'stack'],
  'node_gc:collection': ['kind', 'duration_ns'],
  'node_fs:slow_operation': ['operation', 'form', 'path', 'duration_ns'],
  'node_process:uncaught_exception': ['message', 'stack'],
  'shop:order_begin': ['order_id'],
  'shop:order_end': ['order_id'],
  'shop:pay_begin': ['span_id', 'parent_id'],
  'shop:pay_end': ['span_id', 'error', 'error_message'],
  'node_cpu:function': ['slice_id', 'function_id', 'kind', 'name', 'url', 'line', 'column'],
  'node_cpu:stacks': ['slice_id', 'stack_ids', 'caller_ids', 'function_ids'],
  'node_cpu:samples': ['slice_id', 'start_ns', 'period_ns', 'offsets_us', 'stack_ids'],
  'app:tick': ['n'],
};
const MS = 1e6;

const made = (name: string, ms: number, fields: Record<string, unknown>, tid = 1): MadeEvent => ({
  name,
  ns: ms * MS,
  tid,
  fields: fields as Record<string, VisitedField>,
});
const begin = (ms: number, id: number, path: string, tid = 1) =>
  made('node_http:server_request_begin', ms, { request_id: id, method: 'GET', path }, tid);
const end = (ms: number, id: number, fields = {}, tid = 1) =>
  made('node_http:server_request_end', ms, { request_id: id, route: '', status: 200, aborted: 0, ...fields }, tid);
const call = (ms: number, id: number, path: string) =>
  made('node_http:client_request_begin', ms, { call_id: id, method: 'GET', host: 'db', path });
const called = (ms: number, id: number, error = '') =>
  made('node_http:client_request_end', ms, { call_id: id, status: error === '' ? 200 : 0, error });
const stall = (ms: number, durationMs: number, tid = 1, stack = ['at busy (a.js:1:1)', 'at main (a.js:9:1)']) =>
  made('node_eventloop:stall', ms, { duration_ns: durationMs * MS, stack }, tid);

/** A slice of a thread with a sample for each millisecond in which one of these functions ran. */
function sampled(tid: number, msByFunction: Readonly<Record<string, number>>): MadeEvent[] {
  const names = Object.keys(msByFunction);
  const ids = names.map((_, i) => i + 1);
  const stackIds = names.flatMap((name, i) => Array.from({ length: msByFunction[name]! }, () => ids[i]!));
  return [
    ...names.map((name, i) => {
      const kind = name === 'idle' ? 'idle' : 'javascript';
      const place = { url: 'file:///a.js', line: 3, column: 5 };
      return made('node_cpu:function', 0, { slice_id: 1, function_id: ids[i], kind, name, ...place }, tid);
    }),
    made('node_cpu:stacks', 0, { slice_id: 1, stack_ids: ids, caller_ids: ids.map(() => 0), function_ids: ids }, tid),
    made(
      'node_cpu:samples',
      0,
      { slice_id: 1, start_ns: 0, period_ns: MS, offsets_us: stackIds.map((_, i) => 1000 * i), stack_ids: stackIds },
      tid,
    ),
  ];
}

function findingsOf(events: readonly MadeEvent[]): Findings {
  const handler = findings();
  show(handler, madeStream(CLASSES), events);
  return handler.data();
}

const rulesOf = ({ findings: found }: Findings) => found.map(({ rule }) => rule);

describe('findings', () => {
  it('group requests by method and route, else by the path without its identifiers', () => {
    const { spans } = findingsOf([
      ...[begin(0, 1, '/users/42'), end(10, 1), begin(20, 2, '/users/43'), end(50, 2)],
      ...[begin(60, 3, '/orders/a'), end(65, 3, { route: '/orders/:name' })],
    ]);
    expect(spans.request.map(({ label, durations: { count, maximum } }) => [label, count, maximum])).toEqual([
      ['GET /users/:id', 2, 30 * MS],
      ['GET /orders/:name', 1, 5 * MS],
    ]);
  });

  it('name what happened during the slowest request in its thread, also if it is reported after its end', () => {
    const { spans } = findingsOf([
      begin(0, 1, '/a'),
      call(10, 7, '/x'),
      called(60, 7),
      end(500, 1),
      stall(510, 400),
      stall(511, 300, 2),
      made('node_gc:collection', 512, { kind: 1, duration_ns: 100 * MS }),
    ]);
    const waits = spans.request[0]!.slowest.waits.map(({ kind, count, totalNs }) => [kind, count, totalNs]);
    expect(waits).toEqual([
      ['call', 1, 50 * MS],
      ['event-loop', 1, 390 * MS],
      ['gc', 1, 88 * MS],
    ]);
  });

  it("name the program's frame of a stall, not one of Node.js that it called", () => {
    const inner = ['at get performance (node:internal/util:645:17)', 'at Array.forEach (<anonymous>)'];
    const outer = ['at busy (/app/node:x.js:1:1)', 'at node:internal/main/run_main:1:1'];
    const { stalls } = findingsOf([stall(100, 60, 1, [...inner, ...outer]), stall(200, 70, 1, outer)]);
    expect(stalls.map(({ count, longest }) => [count, longest.where])).toEqual([[2, 'busy (/app/node:x.js:1:1)']]);
    const { stalls: ofNode } = findingsOf([stall(100, 60, 1, inner)]);
    expect(ofNode[0]!.longest.where).toBe('get performance (node:internal/util:645:17)');
  });

  it('show the request with most equal calls, which is not always the slowest one', () => {
    const calls = (count: number, from: number) =>
      Array.from({ length: count }, (_, i) => [call(from + i, i, `/items/${i}`), called(from + i + 0.5, i)]).flat();
    const events = [
      ...[begin(0, 1, '/list'), ...calls(11, 1), end(900, 1)],
      ...[begin(1000, 2, '/list'), ...calls(30, 1001), end(1040, 2)],
      ...[begin(2000, 3, '/list'), ...calls(30, 2001), end(2100, 3)],
    ];
    const worst = { beginNs: BigInt(1000 * MS), durationNs: 40 * MS };
    const found = { rule: 'repeated-calls', calls: { most: 30, spanCount: 3, worst } };
    expect(findingsOf(events).findings.find(({ rule }) => rule === 'repeated-calls')).toMatchObject(found);
  });

  it('report stalls in regular expressions by a rule of their own', () => {
    const caller = 'at check (/app/a.js:1:1)';
    const innermost = [
      'RegExp.test (<anonymous>)',
      'RegExpStringIterator.next (<anonymous>)',
      'String.replace (<anonymous>)',
      '[Symbol.replace] (<anonymous>)',
    ];
    for (const frame of innermost) {
      expect(findingsOf([stall(100, 50, 1, [frame, caller])]).findings).toMatchObject([
        { rule: 'slow-regular-expression', stalls: { longest: { where: 'check (/app/a.js:1:1)' } } },
      ]);
    }
    for (const frame of [
      'Array.sort (<anonymous>)',
      'String.replace (/app/a.js:2:2)',
      'RegExper.run (/app/a.js:3:3)',
    ]) {
      expect(rulesOf(findingsOf([stall(100, 50, 1, [frame, caller])]))).toEqual(['event-loop-stall']);
    }
  });

  it('name emitters with too many listeners, and the code that adds them', () => {
    const warning = (message: string, name = 'MaxListenersExceededWarning') => {
      const frames = ['_addListener (node:events:588:17)', 'Feed.on (node:events:606:10)', 'join (/app/a.js:3:7)'];
      const stack = [`${name}: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n');
      return made('node_process:warning', 5, { name, message, stack });
    };
    const of20 = 'Possible EventEmitter memory leak detected. 11 price listeners added to [Feed]. Use emitter.set…';
    const of22 =
      'Possible EventEmitter memory leak detected. 11 price listeners added to [Feed]. MaxListeners is 10. Use';
    const { findings: found } = findingsOf([warning(of20), warning(of22), warning(of22, 'DeprecationWarning')]);
    expect(found).toMatchObject([
      {
        rule: 'listener-leak',
        leaks: {
          count: 2,
          longest: {
            emitter: '[Feed]',
            event: 'price',
            listeners: 11,
            where: 'join (/app/a.js:3:7)',
            stack: ['join (/app/a.js:3:7)'],
          },
        },
      },
    ]);
    for (const message of ['in other words', of22.replace('price', 'p'.repeat(500))]) {
      expect(findingsOf([warning(message)]).findings).toMatchObject([
        { rule: 'listener-leak', leaks: { longest: { emitter: '', event: '', listeners: 0 } } },
      ]);
    }
  });

  it('name the longest synchronous file operation of a request', () => {
    const read = (ms: number, path: string, durationMs: number, operation = 'readFileSync') =>
      made('node_fs:slow_operation', ms, { operation, form: 'sync', path, duration_ns: durationMs * MS });
    const events = [
      begin(0, 1, '/a'),
      ...[read(10, '/f', 6), read(20, '/g', 8), read(30, '/h', 7, 'statSync')],
      end(40, 1),
    ];
    expect(findingsOf(events).findings).toMatchObject([
      { rule: 'synchronous-files', count: 3, longest: { target: 'readFileSync', longest: '/g' } },
    ]);
  });

  it('find equal calls during one request, and share them among requests that overlap', () => {
    const calls = (count: number, from: number) =>
      Array.from({ length: count }, (_, i) => [call(from + i, i, `/items/${i}`), called(from + i + 0.5, i)]).flat();
    const alone = findingsOf([begin(0, 1, '/list'), ...calls(10, 1), end(20, 1)]);
    expect(alone.findings[0]).toMatchObject({
      rule: 'repeated-calls',
      span: { label: 'GET /list' },
      calls: { target: 'HTTP db', pattern: 'GET /items/:id', most: 10, spanCount: 1 },
    });
    expect(rulesOf(findingsOf([begin(0, 1, '/list'), ...calls(9, 1), end(20, 1)]))).toEqual([]);
    const shared = [begin(0, 1, '/list'), begin(0, 2, '/other'), ...calls(18, 1), end(20, 1), end(21, 2)];
    expect(rulesOf(findingsOf(shared))).toEqual([]);
  });

  it.each([
    ['node_pg', 'PostgreSQL'],
    ['node_mysql2', 'MySQL'],
  ])('name queries of databases: slow ones, those that repeat, and waits for a pool, of %s', (provider, word) => {
    const query = (ms: number, durationMs: number, id: number, text: string) => [
      made(`${provider}:query_begin`, ms, { call_id: id, host: 'db', port: 5432, query: text }),
      made(`${provider}:query_end`, ms + durationMs, { call_id: id, rows: 1, error: '' }),
    ];
    const { findings: found } = findingsOf([
      begin(0, 1, '/orders'),
      ...Array.from({ length: 10 }, (_, i) => query(1 + i, 0.5, i, 'SELECT * FROM items WHERE order_id = $1')).flat(),
      end(20, 1),
      ...query(30, 300, 11, 'SELECT * FROM orders'),
      made(`${provider}:slow_acquire`, 700, { host: 'db', port: 5432, connections: 1, duration_ns: 100 * MS }),
    ]);
    expect(found).toMatchObject([
      {
        rule: 'repeated-calls',
        calls: { target: `${word} db:5432`, pattern: 'SELECT * FROM items WHERE order_id = $1', most: 10 },
      },
      { rule: 'pool-wait', span: { label: `pool of ${word} db:5432`, slowest: { fields: { connections: 1 } } } },
      { rule: 'slow-call', span: { label: `${word} db:5432 SELECT * FROM orders` } },
    ]);
  });

  it('name slow commands of MongoDB with their collections', () => {
    const { findings: found } = findingsOf([
      made('node_mongodb:command_begin', 0, {
        call_id: 1,
        host: 'db',
        port: 27_017,
        command: 'find',
        collection: 'carts',
      }),
      made('node_mongodb:command_end', 300, { call_id: 1, error: '' }),
      made('node_mongodb:command_begin', 400, {
        call_id: 2,
        host: 'db',
        port: 27_017,
        command: 'ping',
        collection: '',
      }),
      made('node_mongodb:command_end', 690, { call_id: 2, error: '' }),
    ]);
    expect(found).toMatchObject([
      { rule: 'slow-call', span: { label: 'MongoDB db:27017 find carts' } },
      { rule: 'slow-call', span: { label: 'MongoDB db:27017 ping' } },
    ]);
  });

  it('name slow operations of GraphQL', () => {
    const execute = (ms: number, id: number, operation: string, name: string) => [
      made('node_graphql:execute_begin', ms, { call_id: id, operation, name }),
      made('node_graphql:execute_end', ms + 300 - id, { call_id: id, errors: 0, error: '' }),
    ];
    const { findings: found } = findingsOf([...execute(0, 1, 'query', 'Cart'), ...execute(400, 2, 'mutation', '')]);
    expect(found).toMatchObject([
      { rule: 'slow-call', span: { label: 'GraphQL Cart' } },
      { rule: 'slow-call', span: { label: 'GraphQL mutation' } },
    ]);
  });

  it('name slow requests of NATS', () => {
    const { findings: found } = findingsOf([
      made('node_nats:request_begin', 0, { call_id: 1, host: 'queue', port: 4222, subject: 'orders.new' }),
      made('node_nats:request_end', 300, { call_id: 1, error: '' }),
    ]);
    expect(found).toMatchObject([{ rule: 'slow-call', span: { label: 'NATS queue:4222 orders.new' } }]);
  });

  it.each(['node_ioredis', 'node_redis'])('name commands of Redis that are slow or repeat, of %s', (provider) => {
    const command = (ms: number, durationMs: number, id: number, name: string) => [
      made(`${provider}:command_begin`, ms, { call_id: id, host: 'cache', port: 6379, command: name }),
      made(`${provider}:command_end`, ms + durationMs, { call_id: id, error: '' }),
    ];
    const { findings: found } = findingsOf([
      begin(0, 1, '/orders'),
      ...Array.from({ length: 10 }, (_, i) => command(1 + i, 0.5, i, 'get')).flat(),
      end(20, 1),
      ...command(30, 300, 11, 'keys'),
    ]);
    expect(found).toMatchObject([
      { rule: 'repeated-calls', calls: { target: 'Redis cache:6379', pattern: 'get', most: 10 } },
      { rule: 'slow-call', span: { label: 'Redis cache:6379 keys' } },
    ]);
  });

  it('count the operations that failed, by their error, and those of requests whose events carry one', () => {
    const pay = (ms: number, id: number, error: string) => [
      made('shop:pay_begin', ms, { span_id: id, parent_id: 0 }),
      made('shop:pay_end', ms + 1, { span_id: id, error, error_message: error === '' ? '' : 'no' }),
    ];
    const { findings: found, spans } = findingsOf([
      ...[...pay(0, 1, ''), ...pay(2, 2, 'REFUSED'), ...pay(4, 3, 'TypeError'), ...pay(6, 4, 'REFUSED')],
      ...[begin(10, 1, '/a'), end(11, 1, { error: 1 }), begin(12, 2, '/a'), end(13, 2, { error: 0 })],
    ]);
    expect(spans.operation.map(({ label, errors }) => [label, errors])).toEqual([
      [
        'shop:pay',
        [
          ['REFUSED', 2],
          ['TypeError', 1],
        ],
      ],
    ]);
    expect(found).toMatchObject([
      { rule: 'failed-operations', span: { label: 'shop:pay' }, code: 'REFUSED', count: 2 },
      { rule: 'failed-operations', span: { label: 'GET /a' }, code: 'error', count: 1 },
      { rule: 'failed-operations', span: { label: 'shop:pay' }, code: 'TypeError', count: 1 },
    ]);
  });

  it('apply each rule at its threshold', () => {
    expect(rulesOf(findingsOf([begin(0, 1, '/a'), end(199.9, 1), stall(300, 49.9)]))).toEqual([]);
    const found = findingsOf([
      ...[begin(0, 1, '/a'), end(200, 1, { status: 500 })],
      ...[begin(300, 2, '/b'), end(301, 2, { aborted: 1 })],
      ...[call(400, 3, '/c'), called(600, 3, 'ECONNRESET')],
      stall(700, 50),
      ...[begin(800, 4, '/d')],
      made('node_fs:slow_operation', 812, {
        operation: 'readFileSync',
        form: 'sync',
        path: '/f',
        duration_ns: 10 * MS,
      }),
      end(813, 4),
      made('node_dns:lookup', 850, { operation: 'lookup', name: 'slow.example', duration_ns: 100 * MS }),
      made('node_dns:lookup', 860, { operation: 'lookup', name: 'other.example', duration_ns: 99.9 * MS }),
      made('node_process:uncaught_exception', 900, { message: 'no', stack: 'Error: no\n at f (a.js:1:1)' }),
      made('node_gc:collection', 1000, { kind: 1, duration_ns: 100 * MS }),
    ]);
    expect(rulesOf(found)).toEqual([
      'uncaught-exception',
      'event-loop-stall',
      'synchronous-files',
      'slow-operation',
      'slow-name',
      'slow-call',
      'server-errors',
      'aborted-requests',
      'client-errors',
      'gc-share',
      'gc-pause',
    ]);
  });

  it("include the operations of a program's own tracepoints", () => {
    const events = [made('shop:order_begin', 0, { order_id: 5 }), made('shop:order_end', 300, { order_id: 5 })];
    const { spans, findings: found } = findingsOf(events);
    expect(spans.operation[0]).toMatchObject({ label: 'shop:order', durations: { count: 1, maximum: 300 * MS } });
    expect(found).toMatchObject([{ rule: 'slow-operation', span: { label: 'shop:order' } }]);
  });

  it('name the functions in which a busy thread spent most of its time, and no idle or short thread', () => {
    const found = findingsOf([
      ...sampled(1, { busy: 450, helper: 100, idle: 100 }),
      ...sampled(2, { busy: 499 }),
      ...sampled(3, { busy: 600, idle: 601 }),
    ]);
    expect(found.findings).toMatchObject([
      { rule: 'busy-thread', thread: { tid: 1, sampledNs: 650 * MS, busyNs: 550 * MS } },
    ]);
    expect(found.busyThreads.find(({ tid }) => tid === 1)?.hottest).toEqual([
      { frame: 'busy (file:///a.js:3:5)', share: 450 / 550 },
      { frame: 'helper (file:///a.js:3:5)', share: 100 / 550 },
    ]);
  });

  it('count events that no rule reads', () => {
    const data = findingsOf([made('app:tick', 1, { n: 1 })]);
    expect([data.eventCount, data.knownCount, data.findings]).toEqual([1, 0, []]);
  });

  it('are the same for parts of a trace, merged in any order', () => {
    const stream = madeStream(CLASSES);
    const events: MadeEvent[] = [];
    for (let i = 0; i < 200; i++) {
      const ms = 20 * i;
      events.push(
        begin(ms, i, `/${'abc'[i % 3]}/x`),
        end(ms + 5 + ((i * 7919) % 13), i, { status: i % 7 === 0 ? 500 : 200 }),
      );
      events.push(stall(ms + 19, 55 + (i % 5), 9));
      if (i % 50 === 0) events.push(made('node_process:warning', ms + 19, { name: 'MaxListenersExceededWarning' }));
    }
    events.splice(150, 0, ...sampled(9, { busy: 30, other: 20, idle: 4 }));
    events.push(...sampled(9, { other: 35, idle: 5 }), ...sampled(8, { busy: 500 }));
    // Waits at a cut belong to the part with the begin.
    const dataOf = (handler: ReturnType<typeof findings>) => {
      const { spans, stalls, leaks, busyThreads, eventCount, findings: found } = handler.data();
      const requests = spans.request.map(({ label, durations, serverErrors }) => [label, durations, serverErrors]);
      return { requests, stalls, leaks, busyThreads, eventCount, rules: found.map(({ rule }) => rule) };
    };
    const whole = findings();
    show(whole, stream, events);
    const bounds = [0, 1, 100, 302, events.length];
    const states = bounds.slice(1).map((bound, i) => {
      const part = findings();
      show(part, stream, events.slice(bounds[i], bound));
      return part.state();
    });
    for (const order of [
      [0, 1, 2, 3],
      [3, 1, 0, 2],
    ]) {
      const merged = findings();
      for (const i of order) merged.merge(structuredClone(states[i]!));
      expect(dataOf(merged)).toEqual(dataOf(whole));
    }
    expect(whole.data().spans.request).toHaveLength(3);
  });
});
