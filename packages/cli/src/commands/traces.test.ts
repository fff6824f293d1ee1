import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { loadPosix } from '@ringtail/posix';
import { openTraces } from '@ringtail/reader';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../cli.ts';
import { type FakeContext, fakeContext } from '../testing/fake-context.test.support.ts';

const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
typealias integer { size = 64; map = clock.c.value; } := t64;
trace { major = 1; minor = 8; byte_order = le; };
env { procname = "shop"; };
clock { name = c; freq = 1000000000; offset_s = 1770000000; };
stream {
  packet.context := struct { t64 timestamp_begin; t64 timestamp_end; };
  event.header := struct { u8 id; t64 timestamp; };
};
event { name = "e"; id = 0; fields := struct { u8 n; }; };
`;

const directoryIn = (context: FakeContext) => join(context.cwd, 'ringtail-traces');

/** Makes a trace with 3 events in 2 s, last written at that age. */
function makeTrace(context: FakeContext, name: string, { days = 0, padding = 0 } = {}): string {
  const path = join(directoryIn(context), name);
  const bytes = Buffer.alloc(16 + 10 * 3);
  bytes.writeBigUInt64LE(2_000_000_000n, 8);
  for (let i = 0; i < 3; i++) bytes.writeBigUInt64LE(BigInt(i) * 1_000_000_000n, 16 + 10 * i + 1);
  const trace = join(path, 'ust', 'uid', '0', '64-bit');
  mkdirSync(trace, { recursive: true });
  writeFileSync(join(trace, 'metadata'), METADATA);
  writeFileSync(join(trace, 's'), bytes);
  writeFileSync(join(trace, '.padding'), Buffer.alloc(padding));
  const seconds = context.now().getTime() / 1000 - days * 86_400;
  for (const part of ['ust/uid/0/64-bit/metadata', 'ust/uid/0/64-bit/s', 'ust/uid/0/64-bit/.padding'])
    utimesSync(join(path, part), seconds, seconds);
  for (const part of ['ust/uid/0/64-bit', 'ust/uid/0', 'ust/uid', 'ust'])
    utimesSync(join(path, part), seconds, seconds);
  return path;
}

function traces(context: FakeContext, ...words: readonly string[]) {
  return run(['traces', ...words], context);
}

async function jsonOf(context: FakeContext, ...words: readonly string[]) {
  const before = context.output().length;
  await run(['--output-format=json', 'traces', ...words], context);
  return JSON.parse(context.output().slice(before)) as Record<string, unknown>;
}

describe('ringtail traces', () => {
  it('lists traces with time, size, events and programs, the newest last, and sums the sizes', async () => {
    const context = fakeContext();
    makeTrace(context, 'app-2', { days: 1 });
    makeTrace(context, 'app-1', { days: 2, padding: 1024 ** 2 });
    expect(await traces(context)).toEqual({ code: 0 });
    const lines = context.output().split('\n');
    expect(lines[0]).toBe(`Traces in ${directoryIn(context)}:`);
    expect(lines[2]).toMatch(/^ {2}app-1 {2}2026-\d\d-\d\d \d\d:\d\d:\d\d {4}2\.00 s {2}1\.0 MiB {7}3 {2}shop$/);
    expect(lines[3]).toMatch(/^ {2}app-2 .* 3 {2}shop$/);
    expect(lines[4]).toBe('2 traces, 1.0 MiB');
  });

  it('writes JSON', async () => {
    const context = fakeContext();
    const path = makeTrace(context, 'app', { days: 1 });
    const bytes = METADATA.length + 46;
    expect(await jsonOf(context)).toEqual({
      directory: directoryIn(context),
      bytes,
      traces: [
        {
          name: 'app',
          path,
          bytes,
          state: 'complete',
          session: null,
          writtenAt: new Date(context.now().getTime() - 86_400_000).toISOString(),
          begin: '1770000000000000000',
          end: '1770000002000000000',
          events: { count: 3, exact: true },
          programs: ['shop'],
          problem: null,
        },
      ],
    });
  });

  it('has no traces without the directory, and leaves other files, links and hidden directories out', async () => {
    const context = fakeContext();
    expect(await jsonOf(context)).toMatchObject({ traces: [], bytes: 0 });
    const trace = makeTrace(context, '.hidden');
    symlinkSync(trace, join(directoryIn(context), 'link'));
    mkdirSync(join(directoryIn(context), 'notes'));
    writeFileSync(join(directoryIn(context), 'notes', 'text'), '');
    writeFileSync(join(directoryIn(context), 'file'), '');
    expect(await jsonOf(context)).toMatchObject({ traces: [], bytes: 0 });
    for (const name of ['link', 'notes', 'file']) expect(await traces(context, '--remove', name)).toEqual({ code: 1 });
    expect(readdirSync(directoryIn(context)).sort()).toEqual(['.hidden', 'file', 'link', 'notes']);
  });

  it('shows traces that were cut short, that are damaged, and that have no events', async () => {
    const context = fakeContext();
    mkdirSync(join(makeTrace(context, 'a', { days: 3 }), '.ringtail'));
    writeFileSync(join(makeTrace(context, 'b', { days: 2 }), 'ust', 'uid', '0', '64-bit', 'metadata'), 'trace {');
    mkdirSync(join(directoryIn(context), 'c', 'ust'), { recursive: true });
    const { traces: listed } = await jsonOf(context, 'a', 'b', 'c');
    const byName = (listed as { name: string }[]).sort((one, other) => (one.name < other.name ? -1 : 1));
    expect(byName).toMatchObject([
      { state: 'cut short', events: { count: 3 } },
      { state: 'complete', events: null, problem: expect.stringContaining('metadata') },
      { events: { count: 0 }, problem: null },
    ]);
    await traces(context);
    expect(context.output()).toContain('  shop [cut short]\n');
  });
});

describe('ringtail traces --remove', () => {
  it('removes the named traces and the matches of patterns, and reports unknown names', async () => {
    const context = fakeContext();
    for (const name of ['app-1', 'app-2', 'web-1', 'web-[1]']) makeTrace(context, name);
    const path = join(directoryIn(context), 'web-1');
    expect(await traces(context, '--remove', 'app-*', path)).toEqual({ code: 0 });
    expect(readdirSync(directoryIn(context))).toEqual(['web-[1]']);
    expect(context.output()).toMatch(/^Removed app-1\nRemoved app-2\nRemoved web-1\n3 traces, /);
    makeTrace(context, 'web-1');
    expect(await traces(context, '--remove', 'web-[1]', 'web-2')).toEqual({ code: 1 });
    expect(context.errors()).toContain('did you mean "web-1"? ringtail traces lists them');
    await traces(context, '--remove', 'web-[1]');
    expect(readdirSync(directoryIn(context))).toEqual(['web-1']);
  });

  it.each(['..', '.', '../outside', '/etc', './x', ''])(
    'removes nothing outside of the directory: %j',
    async (word) => {
      const context = fakeContext();
      makeTrace(context, '../outside');
      makeTrace(context, 'app');
      expect(await traces(context, '--remove', word)).toEqual({ code: 1 });
      expect([existsSync(join(context.cwd, 'outside')), readdirSync(directoryIn(context))]).toEqual([true, ['app']]);
    },
  );

  it('removes by age, by number and by size, and only shows it with --dry-run or without --remove', async () => {
    const context = fakeContext();
    for (const days of [1, 2, 3, 8]) makeTrace(context, `t${days}`, { days, padding: 1000 });
    const listed = async (...words: readonly string[]) =>
      ((await jsonOf(context, ...words)).traces as { name: string }[]).map(({ name }) => name);
    expect(await listed('--older-than=7d')).toEqual(['t8']);
    expect(await listed('--keep-count=2')).toEqual(['t8', 't3']);
    expect(await listed('--keep-size=3000', 't?')).toEqual(['t8', 't3']);
    expect(await listed('--keep-age=36h', 't3')).toEqual(['t3']);
    expect(await jsonOf(context, '--remove', '--dry-run', '--keep-count=3')).toMatchObject({
      removed: [{ name: 't8' }],
      dryRun: true,
    });
    expect(readdirSync(directoryIn(context))).toHaveLength(4);
    expect(await jsonOf(context, '--remove', '--keep-count=3')).toMatchObject({ removed: [{ name: 't8' }] });
    expect(await jsonOf(context, '--remove', '--older-than=1h')).toMatchObject({ removed: [{}, {}, {}] });
    expect(readdirSync(directoryIn(context))).toEqual([]);
  });

  it.each([
    [['--remove'], 'name the traces to remove'],
    [['--remove', '--older-than=7'], '"7" is no age'],
    [['--older-than=-1d'], '"-1d" is no age'],
    [['--keep-count=x'], '"x" is no number for --keep-count'],
    [['--keep-size=1T'], '"1T" is no size'],
    [['--dry-run'], '--dry-run belongs to --remove'],
    [['--mi=xml'], 'machine interface'],
  ])('refuses %j', async (words, sentence) => {
    const context = fakeContext();
    makeTrace(context, 'app', { days: 100 });
    const isGeneral = words[0] === '--mi=xml';
    expect(await run(isGeneral ? [...words, 'traces'] : ['traces', ...words], context)).toEqual({ code: 1 });
    if (!isGeneral) expect(context.errors()).toContain(sentence);
    expect(readdirSync(directoryIn(context))).toEqual(['app']);
  });

  it('leaves a trace that is being read or recorded: a failure if it is named, else a warning', async () => {
    const context = fakeContext();
    const reader = openTraces(makeTrace(context, 'read', { days: 3 }));
    onTestFinished(() => reader.close());
    const loaded = loadPosix();
    const session = openSync(makeTrace(context, 'recorded', { days: 2 }), 'r');
    onTestFinished(() => closeSync(session));
    expect(loaded.ok && loaded.posix.tryLock(session)).toBe(true);
    makeTrace(context, 'app', { days: 1 });
    expect(await jsonOf(context)).toMatchObject({ traces: [{}, { name: 'recorded', state: 'recorded' }, {}] });
    expect(await traces(context, '--remove', '--older-than=1h')).toEqual({ code: 0 });
    expect(readdirSync(directoryIn(context))).toEqual(['read', 'recorded']);
    expect(context.errors()).toBe(
      'warning: read is being read: it stays\nwarning: recorded is being recorded: it stays\n',
    );
    expect(await traces(context, '--remove', 'read', 'recorded')).toEqual({ code: 1 });
    expect(context.errors()).toContain('ringtail: error: read is being read');
    expect(readdirSync(directoryIn(context))).toEqual(['read', 'recorded']);
    reader.close();
    expect(await traces(context, '--remove', 'read')).toEqual({ code: 0 });
  });
});
