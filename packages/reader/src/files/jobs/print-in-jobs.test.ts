import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type ClockCycles, RingtailError } from '@ringtail/base';
import { encodeIndexEntry, encodeIndexHeader } from '@ringtail/ctf';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printPretty } from '../../print/print-pretty.ts';
import { METADATA, packet } from '../../testing/small-trace.test.support.ts';
import type { OpenOptions } from '../../trace-reader.ts';
import { FdSink } from '../fd-sink.ts';
import { openTraces } from '../open-traces.ts';
import { printPrettyInJobs } from './print-in-jobs.ts';

/** Enough for several slices, with packets as small as tracers write them. */
const EVENTS_PER_PACKET = 2000;
const PACKET_COUNT = 200;
const STREAM_COUNT = 4;
/** Where a packet has its times. */
const TIMESTAMP_BEGIN = 1;
const TIMESTAMP_END = 9;

/** Whether this process waits, at its next turn of the event loop, until another process has written. */
const waiting = vi.hoisted(() => ({ isOver: (): boolean => true }));

// Between two pieces of work, this process returns to its event loop. Processes need time to start, more on a busy
// machine: here it stays in the event loop until one of them has written.
vi.mock('node:timers/promises', async (importOriginal) => {
  const { setImmediate, setTimeout } = await importOriginal<typeof import('node:timers/promises')>();
  return {
    setImmediate: async () => {
      await setImmediate();
      while (!waiting.isOver()) await setTimeout(1);
    },
  };
});

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-jobs-'));
  fs.writeFileSync(path.join(root, 'metadata'), METADATA);
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

function writeTrace(change: (packet: Buffer, at: number) => Buffer = (bytes) => bytes, discarded = 0): void {
  const packets = Array.from({ length: PACKET_COUNT }, (_, p) => {
    const events = Array.from({ length: EVENTS_PER_PACKET }, (_, i) => {
      const n = p * EVENTS_PER_PACKET + i;
      return { time: 7 * n + 1, n: n % 256 };
    });
    return change(packet(0, events, discarded * p), p);
  });
  fs.writeFileSync(path.join(root, 's_0'), Buffer.concat(packets));
}

/** As `writeTrace`, with data streams whose events alternate, some at equal times. */
function writeInterleaved(change: (packet: Buffer, stream: number, at: number) => Buffer = (bytes) => bytes): void {
  for (let stream = 0; stream < STREAM_COUNT; stream++) {
    let time = stream;
    const packets = Array.from({ length: PACKET_COUNT / STREAM_COUNT }, (_, p) => {
      const events = Array.from({ length: EVENTS_PER_PACKET - 100 * stream }, (_, i) => {
        time += (7 * i + stream) % 11;
        return { time, n: i % 256 };
      });
      return change(packet(stream, events, (p * stream) >> 2), stream, p);
    });
    fs.writeFileSync(path.join(root, `s_${stream}`), Buffer.concat(packets));
  }
}

/** Writes the index of a file, in which the middle packets begin and end at wrong times. */
function writeIndex(stream: number): void {
  const bytes = fs.readFileSync(path.join(root, `s_${stream}`));
  const entries: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const packetBits = bytes.readUInt32LE(offset + 17);
    const wrong = offset > bytes.length / 3 && offset < bytes.length / 2 ? 5000n : 0n;
    entries.push(
      Buffer.from(
        encodeIndexEntry({
          offsetBytes: BigInt(offset),
          packetBits: BigInt(packetBits),
          contentBits: BigInt(packetBits),
          timestampBegin: (bytes.readBigUInt64LE(offset + TIMESTAMP_BEGIN) + wrong) as ClockCycles,
          timestampEnd: (bytes.readBigUInt64LE(offset + TIMESTAMP_END) + wrong) as ClockCycles,
          eventsDiscarded: BigInt(bytes.readUInt32LE(offset + 21)),
          streamClassId: 0n,
          streamInstanceId: BigInt(stream),
          packetSequenceNumber: 0n,
        }),
      ),
    );
    offset += packetBits / 8;
  }
  fs.mkdirSync(path.join(root, 'index'), { recursive: true });
  fs.writeFileSync(path.join(root, 'index', `s_${stream}.idx`), Buffer.concat([encodeIndexHeader(), ...entries]));
}

/** Makes a packet end within an event record, although its size says otherwise. */
function cutRecord(bytes: Buffer): Buffer {
  const longer = Buffer.concat([bytes, Buffer.alloc(4)]);
  longer.writeUInt32LE(longer.length * 8, 17);
  return longer;
}

/** A file that counts the text of other processes. */
class CountingSink extends FdSink {
  jobBytes = 0;
  onJob: (() => void) | undefined;

  wrote(byteCount: number): void {
    this.jobBytes += byteCount;
    this.onJob?.();
    this.onJob = undefined;
  }
}

interface Printed {
  readonly text: Buffer;
  readonly count: number;
  readonly errors: readonly string[];
  readonly warnings: string;
}

interface Kept {
  readonly errors: string[];
  warnings: string;
}

function opened(options: OpenOptions) {
  const kept: Kept = { errors: [], warnings: '' };
  const reader = openTraces(root, {
    ...options,
    onError: (error) => void kept.errors.push(error.describe()),
    onWarning: (warning) => void kept.errors.push(warning),
  });
  const warnings = {
    write: (line: string) => {
      kept.warnings += line;
      return true;
    },
  };
  return { kept, reader, pretty: { utc: true, warnings } };
}

function printAlone(options: OpenOptions = {}): Printed {
  const { kept, reader, pretty } = opened(options);
  const pieces: Buffer[] = [];
  const writeBytes = (bytes: Uint8Array) => pieces.push(Buffer.from(bytes)) > 0;
  const count = printPretty(reader, { write: (text) => writeBytes(Buffer.from(text)), writeBytes }, pretty);
  reader.close();
  return { text: Buffer.concat(pieces), count, ...kept };
}

async function printInJobs(
  jobs: number,
  options: OpenOptions = {},
  onJob?: () => void,
  waitsForJob = jobs > 1,
): Promise<Printed & { jobBytes: number }> {
  const { kept, reader, pretty } = opened(options);
  const file = path.join(root, 'text');
  const fd = fs.openSync(file, 'w');
  const sink = new CountingSink(fd);
  sink.onJob = onJob;
  waiting.isOver = () => !waitsForJob || sink.jobBytes > 0;
  try {
    const count = await printPrettyInJobs(reader, sink, { ...pretty, jobs, traceBytesMin: 0 });
    return { text: fs.readFileSync(file), count, jobBytes: sink.jobBytes, ...kept };
  } finally {
    waiting.isOver = () => true;
    fs.closeSync(fd);
    reader.close();
  }
}

/** Processes that print for this one. */
function jobPids(): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = /^\d+ \(.*\) \S (\d+) /s.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
        return (
          Number(parent) === process.pid && fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('job-process')
        );
      } catch {
        return false;
      }
    });
}

function expectSame(printed: Printed, wanted: Printed): void {
  expect(printed.text.equals(wanted.text), 'the texts are the same, byte for byte').toBe(true);
  expect({ ...printed, text: undefined }).toMatchObject({ ...wanted, text: undefined });
}

describe('printing in jobs', () => {
  it.each([1, 2, 3])('with %i processes gives the text of one, and leaves none behind', async (jobs) => {
    writeTrace();
    const wanted = printAlone();
    expect(wanted.count).toBe(PACKET_COUNT * EVENTS_PER_PACKET);
    const printed = await printInJobs(jobs);
    expectSame(printed, wanted);
    expect(printed.jobBytes > 0).toBe(jobs > 1);
    expect(jobPids()).toEqual([]);
  });

  it('warns of discarded events in the order of one process', async () => {
    writeTrace(undefined, 3);
    const wanted = printAlone();
    expect(wanted.warnings.match(/discarded 3 events/g)).toHaveLength(PACKET_COUNT - 1);
    const printed = await printInJobs(2);
    expectSame(printed, wanted);
    expect(printed.jobBytes).toBeGreaterThan(0);
  });

  it.each([false, true])('tells of a damaged packet as one process does, going on behind it: %s', async (keepGoing) => {
    writeTrace((bytes, at) => (at === PACKET_COUNT - 10 ? cutRecord(bytes) : bytes));
    const wanted = printAlone({ keepGoing });
    expect(wanted.errors).toHaveLength(1);
    const printed = await printInJobs(2, { keepGoing });
    expectSame(printed, wanted);
    expect(printed.jobBytes).toBeGreaterThan(0);
  });

  it('warns once of time that runs backwards within a packet, as one process does', async () => {
    writeTrace((bytes, at) => {
      if (at !== PACKET_COUNT - 10) return bytes;
      // The time of the packet's second event.
      bytes.writeBigUInt64LE(1n, 26 + 9);
      return bytes;
    });
    const wanted = printAlone();
    expect(wanted.errors).toEqual([expect.stringMatching(/^time runs backwards: /)]);
    const printed = await printInJobs(2);
    expectSame(printed, wanted);
    expect(printed.jobBytes).toBeGreaterThan(0);
  });

  it('gives the text of one process for data streams that alternate, and warns in the same order', async () => {
    writeInterleaved();
    const wanted = printAlone();
    expect(wanted.warnings.length).toBeGreaterThan(1000);
    const printed = await printInJobs(2);
    expectSame(printed, wanted);
    expect(printed.jobBytes).toBeGreaterThan(0);
  });

  it.each([
    ['ends before its last event', TIMESTAMP_END, -4000n],
    ['begins behind its first event', TIMESTAMP_BEGIN, 3000n],
    ['ends behind the begin of the next', TIMESTAMP_END, 3000n],
  ])('gives the text of one process where a packet says that it %s', async (_, field, difference) => {
    writeInterleaved((bytes, stream) => {
      if (stream === 1) bytes.writeBigUInt64LE(bytes.readBigUInt64LE(field) + difference, field);
      return bytes;
    });
    const wanted = printAlone();
    expectSame(await printInJobs(2, {}, undefined, false), wanted);
  });

  it('gives the text of one process where an index has other times than the packets', async () => {
    writeInterleaved();
    const wanted = printAlone();
    for (let stream = 0; stream < STREAM_COUNT; stream++) writeIndex(stream);
    expectSame(await printInJobs(2, {}, undefined, false), wanted);
  });

  it('reports a file that ends within a packet as one process does', async () => {
    writeTrace((bytes, at) => (at === PACKET_COUNT - 1 ? bytes.subarray(0, bytes.length - 100) : bytes));
    const wanted = printAlone();
    expect(wanted.errors).toHaveLength(1);
    expectSame(await printInJobs(2, { keepGoing: false }, undefined, false), wanted);
  });

  it('continues alone when a process is killed, or reports lost text if that process was writing', async () => {
    writeTrace();
    const wanted = printAlone();
    let killed = 0;
    const kill = () => {
      for (const pid of jobPids()) {
        process.kill(pid, 'SIGKILL');
        killed++;
      }
    };
    const outcome = await printInJobs(2, {}, kill).catch((error: unknown) => error);
    expect(killed).toBe(1);
    if (outcome instanceof RingtailError) {
      expect(outcome.code).toBe('JOB_ENDED');
      const text = fs.readFileSync(path.join(root, 'text'));
      expect(text.equals(wanted.text.subarray(0, text.length)), 'the beginning of the text').toBe(true);
    } else {
      expectSame(outcome as Printed, wanted);
    }
    expect(jobPids()).toEqual([]);
  });

  it('ends quietly when the reader of its output is gone', () => {
    writeTrace();
    const script = `
      import { syncBuiltinESMExports } from 'node:module';
      import timers from 'node:timers/promises';
      let jobBytes = 0;
      const { setImmediate, setTimeout } = timers;
      timers.setImmediate = async () => {
        await setImmediate();
        while (jobBytes === 0) await setTimeout(1);
      };
      syncBuiltinESMExports();
      const { FdSink, openTraces, printPrettyInJobs } = await import(process.argv[1]);
      const reader = openTraces(process.argv[2]);
      const sink = new (class extends FdSink {
        wrote(byteCount) { jobBytes += byteCount; }
      })(1);
      await printPrettyInJobs(reader, sink, { utc: true, jobs: 2, traceBytesMin: 0 });
      console.error('job wrote', jobBytes > 0);`;
    // Most of the text is read: until then others have written, too.
    const wanted = printAlone().text;
    const read = wanted.subarray(0, wanted.length - 100_000);
    const command = `{ "$0" --input-type=module -e "$1" "$2" "$3"; echo "code $?" >&2; } | head -c ${read.length} | cksum`;
    const args = ['-c', command, process.execPath, script, '@ringtail/reader', root];
    const { stdout, stderr } = spawnSync('sh', args, { cwd: import.meta.dirname, encoding: 'utf8' });
    expect(stderr).toBe('job wrote true\ncode 0\n');
    expect(stdout).toBe(spawnSync('cksum', { input: read, encoding: 'utf8' }).stdout);
  });
});
