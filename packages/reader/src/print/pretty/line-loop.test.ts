import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTraces } from '../../files/open-traces.ts';
import { printPretty } from '../print-pretty.ts';

/** A field of variable length, its bytes for a given length, and its text. Alignment is up to eight bits. */
interface VariableField {
  readonly declaration: string;
  bytes(length: number): readonly number[];
  text(length: number): string;
}

const letters = (length: number) => 'abcdefghijkl'.slice(0, length);
const codes = (text: string) => Array.from(Buffer.from(text));
const upTo = (length: number) => Array.from({ length }, (_, i) => i);
const list = (items: readonly string[]) =>
  `[${items.map((item, i) => `${i === 0 ? ' ' : ', '}[${i}] = ${item}`).join('')} ]`;

const FIELDS: Readonly<Record<string, VariableField>> = {
  'a text': {
    declaration: 'string v;',
    bytes: (length) => codes(`${letters(length)}\0`),
    text: (length) => `"${letters(length)}"`,
  },
  'a text of a length': {
    declaration: 'integer { size = 8; encoding = UTF8; } v[n];',
    bytes: (length) => codes(letters(length)),
    text: (length) => `"${letters(length)}"`,
  },
  'a sequence': {
    declaration: 'integer { size = 8; } v[n];',
    bytes: upTo,
    text: (length) => list(upTo(length).map(String)),
  },
  'a sequence of structures': {
    declaration: 'struct { integer { size = 24; align = 8; } a; } v[n];',
    bytes: (length) => upTo(length).flatMap((i) => [i, 0, 0]),
    text: (length) => list(upTo(length).map((i) => `{ a = ${i} }`)),
  },
  'a sequence of texts': {
    declaration: 'string v[n];',
    bytes: (length) => upTo(length).flatMap((i) => codes(`${letters(i)}\0`)),
    text: (length) => list(upTo(length).map((i) => `"${letters(i)}"`)),
  },
  'an array of sequences': {
    declaration: 'struct { integer { size = 8; } w[n]; } v[2];',
    bytes: (length) => [...upTo(length), ...upTo(length)],
    text: (length) => list([0, 1].map(() => `{ w = ${list(upTo(length).map(String))} }`)),
  },
};

const ALIGNMENTS = [16, 32, 64];

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-line-loop-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

function view(metadata: string, data: readonly number[]): string {
  fs.writeFileSync(path.join(root, 'metadata'), `/* CTF 1.8 */\n${metadata}`);
  fs.writeFileSync(path.join(root, 's'), Buffer.from(data));
  let text = '';
  const reader = openTraces(root);
  try {
    const write = (chunk: string) => {
      text += chunk;
      return true;
    };
    printPretty(reader, { write });
  } finally {
    reader.close();
  }
  return text;
}

describe('fields that are aligned to more than a byte', () => {
  for (const [name, { declaration, bytes, text }] of Object.entries(FIELDS)) {
    it.each(ALIGNMENTS)(`are read behind ${name}, at %i bits`, (align) => {
      const aligned = `integer { size = 16; align = ${align}; base = 16; byte_order = be; }`;
      const metadata = `trace { major = 1; minor = 8; byte_order = le; }; stream { };
        event { name = e; fields := struct { integer { size = ${align}; align = ${align}; } n; ${declaration} ${aligned} after; }; };`;
      const data: number[] = [];
      const lines: string[] = [];
      const pad = () => {
        while ((data.length * 8) % align !== 0) data.push(0xee);
      };
      for (let length = 0; length <= 9; length++) {
        pad();
        data.push(length, ...new Array(align / 8 - 1).fill(0), ...bytes(length));
        pad();
        data.push(0x7f, length);
        lines.push(`e: { n = ${length}, v = ${text(length)}, after = 0x7F0${length} }\n`);
      }
      expect(view(metadata, data)).toBe(lines.join(''));
    });
  }

  it('are read in each element of an array, also where an element is no multiple of the alignment', () => {
    const metadata = `trace { major = 1; minor = 8; byte_order = le; }; stream { };
      event { name = e; fields := struct {
        struct { integer { size = 32; align = 32; base = 16; } a; integer { size = 8; } b; } v[3];
        integer { size = 16; align = 32; base = 16; } after; }; };`;
    const element = (i: number) => [i, 0, 0, 0x10, i, 0xee, 0xee, 0xee];
    const data = [...element(1), ...element(2), ...element(3), 0x34, 0x12];
    const elements = [1, 2, 3].map((i) => `{ a = 0x1000000${i}, b = ${i} }`);
    // The first event record of a packet is not the generated code's.
    expect(view(metadata, [...data, 0xee, 0xee, ...data])).toBe(
      `e: { v = ${list(elements)}, after = 0x1234 }\n`.repeat(2),
    );
  });
});
