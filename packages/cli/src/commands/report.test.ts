import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../cli.ts';
import { type FakeContext, fakeContext } from '../testing/fake-context.test.support.ts';

const METADATA = (events: string) => `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
typealias integer { size = 64; map = clock.c.value; } := t64;
trace { major = 1; minor = 8; byte_order = le; };
clock { name = c; };
stream {
  packet.context := struct { t64 timestamp_begin; t64 timestamp_end; u8 vpid; };
  event.header := struct { u8 id; t64 timestamp; };
};
${events}`;
const REQUESTS = METADATA(`
event { name = "node_http:server_request_begin"; id = 0; fields := struct { u8 request_id; string path; }; };
event { name = "node_http:server_request_end"; id = 1; fields := struct { u8 request_id; u8 status; }; };`);
const QUERIES = `${REQUESTS}
event { name = "node_pg:query_begin"; id = 2; fields := struct { u8 call_id; string host; string query; }; };
event { name = "node_pg:query_end"; id = 3; fields := struct { u8 call_id; }; };`;
const WAITS = METADATA(`
typealias integer { size = 32; } := u32;
event { name = "node_pg:slow_acquire"; id = 0; fields := struct { string host; u8 connections; u32 duration_ns; }; };
event { name = "node_dns:lookup"; id = 1; fields := struct { string name; u32 duration_ns; }; };
event { name = "node_eventloop:stall"; id = 2; fields := struct { u32 duration_ns; string stack; }; };`);
const WARNINGS = METADATA(`
event { name = "node_process:warning"; id = 0; fields := struct { string name; string message; string stack; }; };`);
const READS = `${REQUESTS}
typealias integer { size = 32; } := u32;
event {
  name = "node_fs:slow_operation";
  id = 2;
  fields := struct { string operation; string form; string path; u32 duration_ns; };
};`;
const TICKS = METADATA('event { name = "tick"; id = 0; fields := struct { u8 n; }; };');
const MS = 1_000_000;

const text = (value: string) => Buffer.from(`${value}\0`);
const duration = (ms: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(ms * MS);
  return bytes;
};

/** Bytes of an event. */
function event(id: number, ms: number, ...fields: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(9);
  header.writeUInt8(id);
  header.writeBigUInt64LE(BigInt(ms * MS), 1);
  return Buffer.concat([header, ...fields]);
}

function traceIn(context: FakeContext, metadata: string, events: readonly Buffer[]): string {
  const head = Buffer.alloc(17);
  head.writeBigUInt64LE(BigInt(1000 * MS), 8);
  const directory = join(context.cwd, 'trace');
  mkdirSync(directory);
  writeFileSync(join(directory, 'metadata'), metadata);
  writeFileSync(join(directory, 's'), Buffer.concat([head, ...events]));
  return directory;
}

const request = (path: string, ms: number): Buffer[] => [
  event(0, 10, Buffer.from([7]), Buffer.from(`${path}\0`)),
  event(1, 10 + ms, Buffer.from([7, 200])),
];

async function report(metadata: string, events: readonly Buffer[], ...options: readonly string[]) {
  const context = fakeContext();
  const { code } = await run(['report', traceIn(context, metadata, events), '--clock-gmt', ...options], context);
  return { code, text: context.output(), context };
}

describe('report', () => {
  it('names slow requests, with the command that shows each and the advice', async () => {
    const { code, text, context } = await report(REQUESTS, request('/cart', 300));
    expect(code).toBe(0);
    expect(text).toContain('1. request /cart took up to 300 ms, median 300 ms, 1 in all.\n   See what');
    expect(text).toContain(`   ringtail view ${join(context.cwd, 'trace')} --begin 0.010000000 --end 0.310000000\n`);
    expect(text).toContain('Nothing that was recorded happened during it.');
  });

  it('shows the request with most equal calls, which is not always the slowest', async () => {
    const withCalls = (id: number, beginMs: number, endMs: number, count: number) => [
      event(0, beginMs, Buffer.from([id]), text('/orders')),
      ...Array.from({ length: count }, (_, i) => [
        event(2, beginMs + 2 * i + 1, Buffer.from([i]), text('db'), text('SELECT ?')),
        event(3, beginMs + 2 * i + 2, Buffer.from([i])),
      ]).flat(),
      event(1, endMs, Buffer.from([id, 200])),
    ];
    const { text: shown } = await report(QUERIES, [...withCalls(1, 10, 900, 10), ...withCalls(2, 1000, 1040, 12)]);
    expect(shown).toMatch(
      /equal calls in one go: PostgreSQL db SELECT \?.*\n.*\n.* --begin 1\.0+ --end 1\.040000000\n/,
    );
  });

  it('names an emitter with too many listeners, and the code that adds them', async () => {
    const leak =
      'Possible EventEmitter memory leak detected. 11 price listeners added to [Feed]. MaxListeners is 10. Use';
    const stack = 'Error\n at on (node:events:1:1)\n at join (/a.js:3:7)';
    const { text: shown } = await report(WARNINGS, [
      event(0, 10, text('MaxListenersExceededWarning'), text(leak), text(stack)),
    ]);
    expect(shown).toMatch(/^1\. 11 listeners of price were added to \[Feed\].*join \(\/a\.js:3:7\)\.\n {5}at join/m);
    expect(shown).toContain(`--name node_process:warning --filter 'name == "MaxListenersExceededWarning"'\n`);
  });

  it('names the longest synchronous file operation of a request', async () => {
    const shownWith = async (...durationsMs: readonly number[]) => {
      const read = (ms: number, i: number) =>
        event(2, 45 + i, text('readFileSync'), text('sync'), text(`/${i}`), duration(ms));
      const [begin, end] = request('/cart', 40) as [Buffer, Buffer];
      return (await report(READS, [begin, ...durationsMs.map(read), end])).text.replace(/\s+/g, ' ');
    };
    expect(await shownWith(30)).toContain('waited 30.0 ms for 1 synchronous file operation: readFileSync /0. ');
    expect(await shownWith(4, 7)).toContain(
      'waited 11.0 ms for 2 synchronous file operations: the longest was readFileSync /1. ',
    );
  });

  it('names the pool and the name of a host that was waited for', async () => {
    const { text: shown } = await report(WAITS, [
      event(0, 20, text('db'), Buffer.from([1]), duration(150)),
      event(1, 30, text('slow.example'), duration(120)),
    ]);
    expect(shown).toContain(
      '1. The pool of PostgreSQL db had 1 connection: a caller waited up to 150 ms, median 150 ms, 1 in all.\n   Allow',
    );
    expect(shown).toContain('--name node_pg:slow_acquire --by host\n');
    expect(shown).toContain(
      '2. The lookup of the name slow.example (DNS) took up to 120 ms, median 120 ms, 1 in all.\n   Check the DNS',
    );
    expect(shown).toContain('--name node_dns:lookup --by name\n');
  });

  it('names the function whose regular expression blocked the event loop', async () => {
    const stack = 'RegExp.test (<anonymous>)\ncheck (/a.js:1:1)';
    const { text: shown } = await report(WAITS, [event(2, 90, duration(90), text(stack))]);
    const lines = '     at RegExp.test (<anonymous>)\n     at check (/a.js:1:1)\n';
    expect(shown).toContain(
      `1. A regular expression blocked the event loop for 90.0 ms in check (/a.js:1:1).\n${lines}   Rewrite`,
    );
  });

  it('writes the same as JSON and as Markdown', async () => {
    const json = JSON.parse((await report(REQUESTS, request('/cart', 300), '-o', 'json')).text);
    expect(json).toMatchObject({
      findings: [{ rule: 'slow-operation', threshold: 200 * MS, unit: 'ns' }],
      requests: [{ name: 'request /cart', count: 1, durationNs: { maximum: 300 * MS } }],
    });
    const { text } = await report(REQUESTS, request('/a|b<i>', 300), '-o', 'markdown');
    expect(text).toContain('| request /a\\|b\\<i\\> | 1 | 300 ms | 300 ms | 300 ms |');
  });

  it('shows control characters of a trace in visible form', async () => {
    for (const format of ['text', 'json', 'markdown']) {
      const { text } = await report(REQUESTS, request('/\u001b[31m\nringtail: error', 300), '-o', format);
      expect(text).not.toContain('\u001b');
      expect(text).not.toMatch(/^ringtail: error/m);
    }
  });

  it('says in one sentence that a trace has no events for it, and succeeds', async () => {
    const { code, text } = await report(TICKS, [event(0, 1, Buffer.from([1])), event(0, 2, Buffer.from([2]))]);
    expect([code, text]).toEqual([
      0,
      'None of the 2 events is about requests, operations, stalls, garbage collections or errors.\n',
    ]);
  });

  it('has no machine interface of LTTng', async () => {
    const context = fakeContext();
    const trace = traceIn(context, REQUESTS, request('/cart', 300));
    expect(await run(['--mi=xml', 'report', trace], context)).toEqual({ code: 1 });
    expect(context.output()).toBe('');
    expect(context.errors()).toContain("LTTng's machine interface has no report\n  write --output-format=json\n");
  });
});
