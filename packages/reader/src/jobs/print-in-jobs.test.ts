import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { RingtailError } from '@ringtail/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTraces } from '../open-traces.ts';
import { printPretty } from '../print-pretty.ts';
import { METADATA, packet } from '../testing/small-trace.test.support.ts';
import { printPrettyInJobs } from './print-in-jobs.ts';

/** Enough for several slices, with packets as small as tracers write them. */
const EVENTS_PER_PACKET = 2000;
const PACKET_COUNT = 200;

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-jobs-'));
  fs.writeFileSync(path.join(root, 'metadata'), METADATA);
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

function packets(): Buffer {
  const all = Array.from({ length: PACKET_COUNT }, (_, p) => {
    const events = Array.from({ length: EVENTS_PER_PACKET }, (_, i) => {
      const n = p * EVENTS_PER_PACKET + i;
      return { time: 7 * n + 1, n: n % 256 };
    });
    return packet(0, events);
  });
  return Buffer.concat(all);
}

async function print(jobs: number | undefined): Promise<{ text: string; count: number; errors: string[] }> {
  const errors: string[] = [];
  const onError = (error: RingtailError) => void errors.push(error.describe());
  const reader = openTraces(root, { onError });
  let text = '';
  const sink = {
    write: (chunk: string) => {
      text += chunk;
      return true;
    },
  };
  try {
    const count =
      jobs === undefined
        ? printPretty(reader, sink, { utc: true })
        : await printPrettyInJobs(reader, sink, { utc: true, jobs, onError });
    return { text, count, errors };
  } finally {
    reader.close();
  }
}

describe('printing in jobs', () => {
  it.each([1, 2, 3])('with %i threads gives the text of one', async (jobs) => {
    fs.writeFileSync(path.join(root, 's_0'), packets());
    const wanted = await print(undefined);
    expect(wanted.count).toBe(PACKET_COUNT * EVENTS_PER_PACKET);
    const printed = await print(jobs);
    expect(printed.count).toBe(wanted.count);
    expect(printed.text === wanted.text, 'the texts are the same, byte for byte').toBe(true);
  });

  it('tells of damage as one thread does', async () => {
    const bytes = packets();
    fs.writeFileSync(path.join(root, 's_0'), bytes.subarray(0, bytes.length - 100));
    const wanted = await print(undefined);
    expect(wanted.errors).toHaveLength(1);
    expect(await print(2)).toEqual(wanted);
  });
});
