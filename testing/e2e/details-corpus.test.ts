import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FdSink, openTraces, printDetails } from '@ringtail/reader';
import { describe, expect, it } from 'vitest';
import { corpusCases, corpusPath, readExpected } from '../corpus.ts';

const JUDGED = 'printing the details of traces';
const cases = [...corpusCases('1.8', JUDGED), ...corpusCases('2', JUDGED)].filter(({ name }) => {
  return name.startsWith('lttng') && corpusPath(`expected/${name}.details.txt.gz`, JUDGED) !== undefined;
});

/** The files of a rotated data stream are found in the file system's order; its name is the name of the first. */
const ROTATED = /^( {2}Name: .*\/archives\/)[^/]+/gm;

describe.skipIf(cases.length === 0)('the details of a trace', () => {
  it.each(cases)('of $name are equal to the output of babeltrace2', ({ name, path: trace }) => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-details-')), 'text');
    const fd = fs.openSync(file, 'w');
    const reader = openTraces(trace, { boundaries: true });
    try {
      printDetails(reader, new FdSink(fd));
    } finally {
      reader.close();
      fs.closeSync(fd);
    }
    const text = fs.readFileSync(file, 'utf8').replaceAll(trace, `/corpus/${name}`);
    fs.rmSync(path.dirname(file), { recursive: true });
    const wanted = readExpected(`expected/${name}.details.txt.gz`);
    expect(text.replace(ROTATED, '$1*') === wanted.replace(ROTATED, '$1*'), 'byte for byte').toBe(true);
  });
});
