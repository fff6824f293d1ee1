import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type OpenOptions, openTraces, printPretty, writeCtf } from '@ringtail/reader';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { corpusCases, corpusPath } from '../corpus.ts';
import { requirePeer } from '../peers.ts';

const babeltrace2 = requirePeer('babeltrace2', 'converted traces, by another reader');
const cases = corpusCases('1.8', 'converting the traces of other tracers');
const cases2 = corpusCases('2', 'converting traces of CTF 2');

/** Babeltrace 2.0 cannot read the original. */
const UNJUDGED = 'def-clk-freq';

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-convert-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

describe.skipIf(cases.length === 0)('converting a trace of another tracer', () => {
  it.each(cases)('keeps the text of $name, with copied and with rewritten packets', ({ name, path: original }) => {
    const text = textOf(original);
    const peerText = peer(original);
    for (const [way, options] of Object.entries({ copied: {}, written: { keep: () => true } })) {
      const target = path.join(root, way);
      convert(original, target, 1, options);
      expect(textOf(target) === text, `${way}: the text is the same`).toBe(true);
      if (!name.endsWith(UNJUDGED)) expect(peer(target) === peerText, `${way}: for babeltrace2 too`).toBe(true);
      convert(target, `${target}-2`, 2, options);
      convert(`${target}-2`, `${target}-1`, 1, options);
      expect(textOf(`${target}-1`) === text, `${way}: the text is the same by way of CTF 2`).toBe(true);
    }
  });
});

/** Flags of bit maps are shown, and CTF 1.8 has none. */
const LOSSY = 'succeed/fl-bm';

describe.skipIf(cases2.length === 0)('converting a trace of CTF 2', () => {
  it.each(cases2.filter(({ name }) => !name.endsWith(LOSSY)))('keeps the text of $name', ({ path: original }) => {
    const text = textOf(original);
    for (const [way, options] of Object.entries({ copied: {}, written: { keep: () => true } })) {
      const target = path.join(root, way);
      convert(original, `${target}-2`, 2, options);
      expect(textOf(`${target}-2`) === text, `${way}: the text is the same`).toBe(true);
      convert(`${target}-2`, `${target}-1`, 1, options);
      expect(textOf(`${target}-1`) === text, `${way}: the text is the same in CTF 1.8`).toBe(true);
      convert(`${target}-1`, `${target}-3`, 2, options);
      expect(textOf(`${target}-3`) === text, `${way}: the text is the same back in CTF 2`).toBe(true);
      if (babeltrace2 !== undefined && text !== '') {
        const lines = (all: string) => all.split('\n').length;
        expect(lines(peer(`${target}-1`)), `${way}: babeltrace2 reads as many events`).toBe(lines(text));
      }
    }
  });
});

/** Strict cases: metadata, a data stream, and the expected elements. */
const SUITE = corpusPath('yactfr/iter-data/', 'converting strict cases of CTF 1.8 and CTF 2');

/** Cases with names that CTF 1.8 does not allow, or with bit maps. */
const CTF_2_ONLY =
  /^ctf-2\/pass-(fl-bit-map|fl-sint-64-le-rev|fl-sint-8-le-rev|rel-data-loc-2|rel-data-loc-4|rel-data-loc-5|sl-blob)$/;

/** Packets of another magic number, and metadata without a data stream class. */
const REFUSED = ['ctf-2/pass-dt-aliases', 'ctf-2-auto/pass-no-ers-no-dst-id-fl-ints'];

function strictCases(): string[] {
  if (SUITE === undefined) return [];
  const names = fs.readdirSync(SUITE).flatMap((family) => {
    return fs.readdirSync(path.join(SUITE, family)).map((name) => `${family}/${name}`);
  });
  return names.filter((name) => name.includes('/pass-') && !REFUSED.includes(name)).sort();
}

describe.skipIf(SUITE === undefined)('converting a strict case', () => {
  it.each(strictCases())('keeps the text of %s', (name) => {
    const original = path.join(root, 'original');
    fs.mkdirSync(original);
    for (const file of ['metadata', 'stream']) {
      fs.copyFileSync(path.join(SUITE!, name, file), path.join(original, file));
    }
    const text = textOf(original);
    for (const [way, options] of Object.entries({ copied: {}, written: { keep: () => true } })) {
      const target = path.join(root, way);
      convert(original, `${target}-2`, 2, options);
      expect(textOf(`${target}-2`) === text, `${way}: the text is the same`).toBe(true);
      if (CTF_2_ONLY.test(name)) continue;
      convert(`${target}-2`, `${target}-1`, 1, options);
      expect(textOf(`${target}-1`) === text, `${way}: the text is the same in CTF 1.8`).toBe(true);
      convert(`${target}-1`, `${target}-3`, 2, options);
      expect(textOf(`${target}-3`) === text, `${way}: the text is the same back in CTF 2`).toBe(true);
    }
  });
});

function convert(from: string, to: string, version: 1 | 2, options: OpenOptions): void {
  const reader = openTraces(from, { ...options, keepsHeaders: true });
  try {
    writeCtf(reader, to, { version });
  } finally {
    reader.close();
  }
}

function textOf(directory: string): string {
  const pieces: Uint8Array[] = [];
  const sink = {
    write: (piece: string | Uint8Array) => {
      pieces.push(Buffer.from(piece as string));
      return true;
    },
  };
  const reader = openTraces(directory);
  try {
    printPretty(reader, sink, { utc: true });
  } finally {
    reader.close();
  }
  return Buffer.concat(pieces).toString();
}

function peer(directory: string): string {
  if (babeltrace2 === undefined) return '';
  return spawnSync(babeltrace2, ['--clock-gmt', directory], { maxBuffer: 1 << 28 }).stdout.toString();
}
