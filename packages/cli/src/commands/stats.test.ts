import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../cli.ts';
import { type FakeContext, fakeContext } from '../testing/fake-context.test.support.ts';

const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
typealias integer { size = 64; map = clock.c.value; } := t64;
trace { major = 1; minor = 8; byte_order = le; };
clock { name = c; };
stream {
  packet.context := struct { t64 timestamp_begin; t64 timestamp_end; u8 vpid; };
  event.header := struct { u8 id; t64 timestamp; };
};
event { name = "job_begin"; id = 0; loglevel = 6; fields := struct { u8 id; u8 size; }; };
event { name = "job_end"; id = 1; loglevel = 6; fields := struct { u8 id; u8 status; }; };
`;
const MS = 1_000_000;
/** Class, time, identifier, size or status: jobs of 3, 400 and 10 ms. */
const EVENTS: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 1, 10],
  [1, 3 * MS, 1, 0],
  [0, 100 * MS, 2, 20],
  [0, 150 * MS, 3, 30],
  [1, 160 * MS, 3, 0],
  [1, 500 * MS, 2, 1],
  [0, 600 * MS, 4, 40],
];

function traceIn(context: FakeContext): string {
  const bytes = Buffer.alloc(17 + 11 * EVENTS.length);
  bytes.writeBigUInt64LE(BigInt(600 * MS), 8);
  bytes.writeUInt8(7, 16);
  for (const [i, [id, ns, ...fields]] of EVENTS.entries()) {
    const at = 17 + 11 * i;
    bytes.writeUInt8(id, at);
    bytes.writeBigUInt64LE(BigInt(ns), at + 1);
    bytes.set(fields, at + 9);
  }
  const directory = join(context.cwd, 'trace');
  mkdirSync(directory);
  writeFileSync(join(directory, 'metadata'), METADATA);
  writeFileSync(join(directory, 's'), bytes);
  return directory;
}

async function stats(...options: readonly string[]) {
  const context = fakeContext();
  const { code } = await run(['stats', traceIn(context), '--clock-gmt', ...options], context);
  return { code, output: context.output(), errors: context.errors() };
}

describe('ringtail stats', () => {
  it('shows counts, numbers, and the slowest pair with its fields', async () => {
    const { code, output, errors } = await stats('--slowest=1');
    expect([code, errors]).toEqual([0, '']);
    expect(output).toBe(`7 events in 0.60 s, 11.7 a second, 77 B
from 00:00:00.000000000 to 00:00:00.600000000

Events       count  per second  bytes               first                last
  job_begin      4        6.67   44 B  00:00:00.000000000  00:00:00.600000000
  job_end        3           5   33 B  00:00:00.003000000  00:00:00.500000000

Numbers      minimum  median  p99  maximum
  job_begin
    id             1       2    4        4
    size          10      20   40       40
  job_end
    id             1       2    3        3
    status         0       0    1        1

job_begin → job_end, related by id: 3 pairs, 1 without an end
  minimum 3.00 ms, median 10.0 ms, p99 400 ms, maximum 400 ms
      2 ms –    5 ms  1  ########################################
      5 ms –   10 ms  0
     10 ms –   20 ms  1  ########################################
     20 ms –   50 ms  0
     50 ms –  100 ms  0
    100 ms –  200 ms  0
    200 ms –  500 ms  1  ########################################
  slowest
      400 ms  at 00:00:00.100000000  id = 2, size = 20, status = 1
`);
  });

  it('groups by the values of a field, and shows as many as wanted', async () => {
    const { output } = await stats('--by', 'id', '--limit=2');
    expect(output).toContain('job_begin by id: 4 values, each once\n');
    expect(output).toContain(`  by id  pairs  minimum   median      p99  maximum
    2        1   400 ms   400 ms   400 ms   400 ms
    3        1  10.0 ms  10.0 ms  10.0 ms  10.0 ms
    … 1 more value; --limit 0 shows all
`);
    const byStatus = await stats('--by', 'status');
    expect(byStatus.output).toContain(`job_end by status  count  minimum  median  p99  maximum
  0                    2
    id                          1       1    3        3
  1                    1
    id                          2       2    2        2
`);
    expect((await stats('--by', '$ctx.vpid')).output).toContain('job_end by $ctx.vpid');
  });

  it('writes JSON and a table of comma-separated values', async () => {
    const { output } = await stats('--output-format=json');
    const data = JSON.parse(output) as { events: unknown[]; pairs: unknown[] };
    expect(data).toMatchObject({ count: 7, first: '0', last: '600000000', discardedEvents: 0 });
    expect(data.events[0]).toMatchObject({ name: 'job_begin', count: 4, bytes: 44 });
    expect(data.pairs).toMatchObject([
      {
        begin: 'job_begin',
        end: 'job_end',
        by: 'id',
        count: 3,
        beginsWithoutEnd: 1,
        durationNs: { minimum: 3 * MS, median: 10 * MS, p99: 400 * MS, maximum: 400 * MS, exact: true },
        slowest: [{ durationNs: 400 * MS, begin: String(100 * MS), fields: { id: 2, size: 20, status: 1 } }, {}, {}],
      },
    ]);
    const withoutTraces = (text: string) => ({ ...(JSON.parse(text) as object), traces: [] });
    expect(withoutTraces((await stats('-o', 'json')).output)).toEqual(withoutTraces(output));
    const rows = (await stats('-o', 'csv')).output.trimEnd().split('\n');
    expect(rows[0]).toBe('kind,name,field,value,count,per_second,bytes,first,last,minimum,median,p99,maximum,exact');
    expect(rows).toContain('field,job_begin,size,,4,,,,,10,20,40,40,true');
    expect(rows).toContain('pair,job_begin job_end,,,3,,,,,3000000,10000000,400000000,400000000,true');
  });

  it('takes only the events that are chosen', async () => {
    const { output } = await stats('-o', 'csv', '--filter', 'status == 1', '--name', 'job_*');
    expect(output).toContain('\nevent,job_end,,,1,,11,500000000,500000000,');
    expect(output).not.toContain('job_begin');
    expect((await stats('-o', 'csv', '-t', '00:00:00.1,00:00:00.2')).output).toContain('\nevent,job_begin,,,2,');
  });

  it('names the fields that there are, for one that no event has', async () => {
    expect(await stats('--by', 'statu')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('--by: no event has the field "statu"; did you mean "status"?'),
    });
    expect((await stats('--pair-by', 'nosuch')).code).toBe(1);
    expect(await stats('--name', 'job_stat')).toMatchObject({
      code: 0,
      errors: expect.stringContaining('no event has the name "job_stat"'),
    });
  });

  it('has no machine interface of LTTng', async () => {
    const context = fakeContext();
    expect(await run(['--mi=xml', 'stats', traceIn(context)], context)).toEqual({ code: 1 });
    expect(context.output()).toBe('');
  });
});
