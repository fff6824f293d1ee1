/**
 * A trace in which every name, path and value would control a terminal, forge lines, run formulas or break XML. Every
 * command that reads traces reads it.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isUnsafe } from '@ringtail/base/text';
import { describe, expect, it } from 'vitest';
import { makeSandbox, RINGTAIL, Running, type Sandbox } from './harness.ts';

const HOSTILE =
  '=cmd()\u001b[31m\u009b2J\u007f\r\u202e\u2066\u200f\u061c\u2028\ufffe\uffff\u{e0041}"\'`$(x)\\<&]]>;\nINJECTED';
/** Hostile text in names of files. */
const FILE = HOSTILE.replaceAll('/', '');
/** 64 KiB, twice as much in output: more than the printers' buffers. */
const LONG = '\u202e'.repeat(22 * 1024);

const integer = (length: number, more: object = {}) => ({
  type: 'fixed-length-unsigned-integer',
  length,
  'byte-order': 'little-endian',
  ...more,
});
const text = { type: 'null-terminated-string' };
const structure = (...members: readonly (readonly [string, object])[]) => ({
  type: 'structure',
  'member-classes': members.map(([name, fieldClass]) => ({ name, 'field-class': fieldClass })),
});

function metadata(name: string): string {
  const labels = { [name]: [[0, 200]], [`${name}2`]: [[0, 9]] };
  const length = { type: 'static-length-blob', length: 2, 'media-type': name };
  const fragments = [
    { type: 'preamble', version: 2 },
    {
      type: 'trace-class',
      namespace: name,
      name,
      uid: name,
      environment: { hostname: name, procname: name, domain: name, vpid: 7, [name]: name },
      attributes: { [name]: { [name]: [name] } },
    },
    {
      type: 'clock-class',
      id: 'c',
      namespace: name,
      name,
      uid: name,
      description: name,
      frequency: 1_000_000_000,
      origin: { namespace: name, name, uid: name },
    },
    {
      type: 'data-stream-class',
      name,
      namespace: name,
      'default-clock-class-id': 'c',
      attributes: { [name]: name },
      'event-record-header-field-class': structure(['t', integer(64, { roles: ['default-clock-timestamp'] })]),
      'event-record-common-context-field-class': structure([name, text]),
    },
    {
      type: 'event-record-class',
      name,
      namespace: name,
      attributes: { [name]: name },
      'payload-field-class': structure(
        [name, text],
        [`${name}e`, integer(8, { mappings: labels })],
        [`${name}s`, structure([name, integer(8)])],
        [`${name}b`, length],
        [
          `${name}f`,
          { type: 'fixed-length-bit-map', length: 8, 'byte-order': 'little-endian', flags: { [name]: [[0, 1]] } },
        ],
      ),
    },
  ];
  return fragments.map((fragment) => `\x1e${JSON.stringify(fragment)}`).join('\n');
}

function record(time: number, value: Buffer): Buffer {
  const at = Buffer.alloc(8);
  at.writeBigUInt64LE(BigInt(time));
  const cString = Buffer.concat([value, Buffer.from([0])]);
  return Buffer.concat([at, cString, cString, Buffer.from([5, 6, 0xff, 0x9b, 1])]);
}

/** @param more bytes after the last event that are not a whole event */
function makeTrace(directory: string, name: string, more = ''): string {
  const trace = join(directory, FILE);
  mkdirSync(trace, { recursive: true });
  writeFileSync(join(trace, 'metadata'), metadata(name));
  const values = [Buffer.from(HOSTILE), Buffer.from([0x9b, 0x41, 0xff]), Buffer.from('-5'), Buffer.from('-1.5 ms')];
  const records = values.map((value, i) => record(i + 1, value));
  // Other code prints the first events of a data stream.
  writeFileSync(join(trace, FILE.slice(0, 60)), Buffer.concat([...records, ...records, Buffer.from(more)]));
  return trace;
}

/** Unsafe characters of a text, except the ones allowed in details, and forged lines. */
function wrongIn(output: string, kept = ''): string[] {
  const unsafe = [...output].filter(
    (character) => isUnsafe(character.codePointAt(0) as number) || character === '\ufffd',
  );
  const lines = kept.includes('\n') ? [] : (output.match(/^INJECTED.*/gm) ?? []);
  return [
    ...new Set(unsafe.filter((character) => !kept.includes(character)).map((one) => JSON.stringify(one))),
    ...lines,
  ];
}

async function outputOf(sandbox: Sandbox, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await new Running(process.execPath, [RINGTAIL, ...args], sandbox.env).ended;
  expect(wrongIn(stderr), args[0]).toEqual([]);
  return stdout;
}

/** Rows of comma-separated values. */
function rowsOf(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = '', end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

describe('a trace with hostile names, paths and values', () => {
  it.each([
    ['view'],
    ['view', '--names=all', '--fields=all'],
    ['view', '--clock-cycles', '--jobs=2'],
    ['view', '--output-format=json'],
    ['convert'],
    ['convert', '-o', 'json'],
    ['convert', '-o', 'counter'],
  ])('only shows them: %s %s %s', async (...args) => {
    const sandbox = makeSandbox();
    const trace = makeTrace(sandbox.directory, HOSTILE);
    const output = await outputOf(sandbox, [...args, trace]);
    expect(wrongIn(output)).toEqual([]);
    if (!args.includes('counter')) expect(output.split('\n')).toHaveLength(9);
  });

  it('has line feeds, tabs and delete only in values of details, as with babeltrace2', async () => {
    const sandbox = makeSandbox();
    const output = await outputOf(sandbox, ['convert', '-o', 'details', makeTrace(sandbox.directory, HOSTILE)]);
    expect(wrongIn(output, '\n\u007f')).toEqual([]);
    // Twice in each of two events.
    expect(output.match(/^INJECTED.*/gm)).toHaveLength(4);
    expect(output).toContain('\\e[31m\\u009b2J');
  });

  it('is a table without formulas and with unchanged numbers and durations', async () => {
    const sandbox = makeSandbox();
    const output = await outputOf(sandbox, ['convert', '-o', 'csv', makeTrace(sandbox.directory, HOSTILE)]);
    expect(wrongIn(output, '\n')).toEqual([]);
    const [header, ...rows] = rowsOf(output);
    expect(rows.map((row) => row.length)).toEqual(new Array(8).fill(header?.length));
    const cells = [header, ...rows].flat().filter((cell) => cell !== undefined);
    expect(cells.filter((cell) => /^[=+@\t\r＝＋－＠]/.test(cell))).toEqual([]);
    expect(cells.filter((cell) => cell.startsWith('-')).sort()).toEqual([
      ...new Array(4).fill('-1.5 ms'),
      ...new Array(4).fill('-5'),
    ]);
    expect(cells).toContainEqual(expect.stringMatching(/^'=cmd\(\)\\e\[31m/));
  });

  it('is printed whole with a long name', async () => {
    const sandbox = makeSandbox();
    const trace = makeTrace(sandbox.directory, LONG);
    for (const format of ['text', 'details', 'json', 'csv']) {
      const output = await outputOf(sandbox, ['convert', '-o', format, trace]);
      expect(wrongIn(output, '\n\u007f'), format).toEqual([]);
      expect(output.match(/-1\.5 ms/g), format).toHaveLength(4);
    }
  });

  it('displays them safely in errors and warnings', async () => {
    const sandbox = makeSandbox();
    const cut = makeTrace(join(sandbox.directory, 'cut'), HOSTILE, 'cut');
    const broken = makeTrace(join(sandbox.directory, 'broken'), HOSTILE);
    writeFileSync(
      join(broken, 'metadata'),
      metadata(HOSTILE).replace('null-terminated-string', 'a\\u001b[31m\\u009b\\u202e'),
    );
    for (const args of [
      ['view', cut],
      ['view', '--keep-going', cut],
      ['view', broken],
      ['convert', '-o', 'details', broken],
      ['view', `${cut}/none`],
      ['view', `--filter=${HOSTILE}`, cut],
      ['convert', '-o', 'ctf', '-w', join(sandbox.directory, FILE), cut],
      ['convert', '-o', 'ctf2', '-w', join(sandbox.directory, `${FILE}2`), cut],
      ['convert', '-o', 'ctf', '-w', cut, cut],
      ['crash', cut],
      ['view', '--viewer', FILE, cut],
      ['load', '--input-path', cut],
      ['load', '--input-path', join(cut, 'metadata')],
    ]) {
      expect(wrongIn(await outputOf(sandbox, args), args[1] === '-o' ? '\n\u007f' : ''), args.join(' ')).toEqual([]);
    }
    // Copies keep the texts.
    const copy = readdirSync(join(sandbox.directory, `${FILE}2`), { recursive: true, encoding: 'utf8' });
    const written = copy.find((name) => name.endsWith('metadata'));
    expect(written && readFileSync(join(sandbox.directory, `${FILE}2`, written), 'utf8')).toContain('INJECTED');
  });
});
