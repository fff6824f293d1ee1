import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { RingtailError } from '@ringtail/base';
import { describe, expect, it } from 'vitest';
import { openTraces } from '../files/open-traces.ts';
import { printPretty } from './print-pretty.ts';

/** Traces of other tracers, with the text that babeltrace2 prints of them. None of them is part of the project. */
const CORPUS = process.env.RINGTAIL_CORPUS ?? fileURLToPath(new URL('../../../../../shared/corpus', import.meta.url));
const INDEX = path.join(CORPUS, 'index.tsv');

interface Case {
  readonly name: string;
  readonly verdict: string;
  readonly expected: string;
}

function cases(): readonly Case[] {
  if (!existsSync(INDEX)) {
    process.stderr.write(
      `SKIPPED: no corpus of traces at ${CORPUS}: not tested: reading the traces of other tracers\n`,
    );
    return [];
  }
  const rows = readFileSync(INDEX, 'utf8').trimEnd().split('\n').slice(1);
  return rows
    .map((row) => row.split('\t'))
    .filter(([name, , version]) => (version === '1.8' || version === '2') && !name!.startsWith('yactfr/'))
    .map(([name, verdict, , expected]) => ({ name: name!, verdict: verdict!, expected: expected ?? '' }));
}

/** The printed text, and the errors of opening and reading. */
function view(trace: string): { text: string; errors: unknown[] } {
  const errors: unknown[] = [];
  let text = '';
  const sink = {
    write: (chunk: string) => {
      text += chunk;
      return true;
    },
  };
  try {
    const reader = openTraces(trace, { onError: (error) => errors.push(error) });
    try {
      printPretty(reader, sink, { utc: true });
    } finally {
      reader.close();
    }
  } catch (error) {
    errors.push(error);
  }
  return { text, errors };
}

/** babeltrace2 prints a negative difference in time as an unsigned 64-bit number of nanoseconds. */
function signedDeltas(text: string): string {
  return text.replace(/\(\+(\d{11})\.(\d{9})\)/g, (_, seconds: string, fraction: string) => {
    const digits = String(2n ** 64n - BigInt(seconds + fraction)).padStart(10, '0');
    return `(-${digits.slice(0, -9)}.${digits.slice(-9)})`;
  });
}

const all = cases();
const valid = all.filter(({ verdict, expected }) => verdict === 'valid' && expected !== '');
const invalid = all.filter(({ verdict }) => verdict === 'invalid');

describe.skipIf(!existsSync(INDEX))('corpus of traces', () => {
  it.each(valid)('$name is printed as babeltrace2 prints it', ({ name, expected }) => {
    const wanted = signedDeltas(gunzipSync(readFileSync(path.join(CORPUS, expected))).toString());
    const { text, errors } = view(path.join(CORPUS, name));
    expect(errors).toEqual([]);
    expect(text === wanted, 'the texts are the same, byte for byte').toBe(true);
  });

  it.each(invalid)('$name is refused with an error and its place', ({ name }) => {
    const { errors } = view(path.join(CORPUS, name));
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) {
      expect(error).toBeInstanceOf(RingtailError);
      expect((error as RingtailError).path[0]).toContain(name);
    }
  });
});
