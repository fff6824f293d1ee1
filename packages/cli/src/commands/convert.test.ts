import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../cli.ts';
import { type FakeContext, fakeContext } from '../testing/fake-context.test.support.ts';

const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
trace { major = 1; minor = 8; byte_order = le; };
clock { name = c; };
stream {
  packet.context := struct { integer { size = 64; map = clock.c.value; } timestamp_begin; integer { size = 64; map = clock.c.value; } timestamp_end; };
  event.header := struct { u8 id; integer { size = 64; map = clock.c.value; } timestamp; };
};
event { name = "a:one"; id = 0; loglevel = 6; fields := struct { u8 _n; }; };
event { name = "b:two"; id = 1; loglevel = 13; fields := struct { u8 _n; }; };
`;

/** Ten events a second apart, by turns of both classes. */
function traceIn(context: FakeContext): string {
  const bytes = Buffer.alloc(16 + 10 * 10);
  bytes.writeBigUInt64LE(9_000_000_000n, 8);
  for (let i = 0; i < 10; i++) {
    bytes.writeUInt8(i % 2, 16 + 10 * i);
    bytes.writeBigUInt64LE(BigInt(i) * 1_000_000_000n, 17 + 10 * i);
    bytes.writeUInt8(i, 25 + 10 * i);
  }
  const directory = join(context.cwd, 'trace');
  mkdirSync(directory);
  writeFileSync(join(directory, 'metadata'), METADATA);
  writeFileSync(join(directory, 's'), bytes);
  return directory;
}

async function converted(...options: readonly string[]): Promise<string> {
  const context = fakeContext();
  const trace = traceIn(context);
  const output = join(context.cwd, 'out');
  expect([await run(['convert', trace, '-w', output, '--clock-gmt', ...options], context), context.errors()]).toEqual([
    { code: 0 },
    '',
  ]);
  return readFileSync(output, 'utf8');
}

const numbersIn = (text: string) => [...text.matchAll(/ n = (\d+)/g)].map(([, n]) => Number(n));

describe('ringtail convert', () => {
  it.each([
    [[], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [
      ['--begin', '00:00:03', '--end', '5.5'],
      [3, 4, 5],
    ],
    [
      ['--timerange', '[7,8]'],
      [7, 8],
    ],
    [
      ['--name', 'a:o*,a:one'],
      [0, 2, 4, 6, 8],
    ],
    [
      ['--loglevel', 'info'],
      [0, 2, 4, 6, 8],
    ],
    [['--filter', 'n >= 4 && n < 6', '--filter', 'n & 1'], [5]],
    [['--stream', 'x*'], []],
  ])('with %j keeps the events that were asked for', async (options, numbers) => {
    expect(numbersIn(await converted(...options))).toEqual(numbers);
  });

  it('makes every format', async () => {
    expect(await converted('-o', 'details')).toContain('Event `a:one` (Class ID 0):\n  Payload:\n    n: 0\n');
    expect((await converted('-o', 'json')).trimEnd().split('\n')).toHaveLength(10);
    expect(await converted('-o', 'csv', '--name', 'a:*')).toMatch(/^at,name,stream,.*,n\n0,a:one,0,.*,0\n/);
    expect(await converted('-o', 'counter')).toContain('             10 Event messages\n');
    expect(await converted('-o', 'dummy')).toBe('');
    const { traceEvents } = JSON.parse(await converted('-o', 'chrome'));
    expect(traceEvents.filter(({ ph }: { ph: string }) => ph === 'i')).toHaveLength(10);
  });

  it.each(['ctf', 'ctf2'])('makes a trace with -o %s, which is read again', async (format) => {
    const context = fakeContext();
    const trace = traceIn(context);
    const copy = join(context.cwd, 'copy');
    const command = ['convert', trace, '-o', format, '-w', copy, '--filter', 'n > 6', '--output-format=json'];
    expect(await run(command, context)).toEqual({ code: 0 });
    expect(JSON.parse(context.output())).toMatchObject({ trace: copy, traces: 1, packetsWritten: 1 });
    expect(readdirSync(copy).sort()).toEqual(['metadata', 's']);
    await run(['convert', copy, '-w', join(context.cwd, 'text')], context);
    expect(numbersIn(readFileSync(join(context.cwd, 'text'), 'utf8'))).toEqual([7, 8, 9]);
  });

  it.each([
    ['--begin', 'yesterday'],
    ['--filter', 'n =='],
    ['--clock-offset', '1.5'],
    ['--names', 'nonsense'],
    ['--loglevel', 'loud'],
    ['-o', 'ctf'],
    ['-o', 'pdf'],
  ])('refuses %s %s', async (...options) => {
    const context = fakeContext();
    expect(await run(['convert', traceIn(context), ...options], context)).toEqual({ code: 1 });
    expect(context.errors()).not.toBe('');
  });

  it('overwrites no trace', async () => {
    const context = fakeContext();
    const trace = traceIn(context);
    expect(await run(['convert', trace, '-o', 'ctf', '-w', trace], context)).toEqual({ code: 1 });
    expect(context.errors()).toContain('is not empty');
  });
});
