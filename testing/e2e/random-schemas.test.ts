import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  BufferMedium,
  DataStreamReader,
  type EventMessage,
  parseMetadata,
  printCtf2,
  printTsdl,
  type TraceClass,
  TraceDecoder,
} from '@ringtail/ctf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirePeer } from '../peers.ts';
import { asCtf2 } from '../schemas/as-ctf2.ts';
import { decodedFields } from '../schemas/decoded-value.ts';
import { detailsOfFields, detailsOfInteger } from '../schemas/details-text.ts';
import {
  CLOCK_OFFSET_CYCLES,
  CLOCK_OFFSET_SECONDS,
  type RandomTrace,
  type RecordedPacket,
  randomTrace,
} from '../schemas/random-trace.ts';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';

const CLASS_COUNT = 2200;

const babeltrace = requirePeer('babeltrace2', 'that random event classes and values are read as they were written');

describe('a trace of random event classes and values', () => {
  let trace: RandomTrace;
  let directory: string;

  beforeAll(() => {
    trace = randomTrace(new SeededRandom(runSeed('random schemas')), CLASS_COUNT);
    directory = mkdtempSync(join(tmpdir(), 'ringtail-random-schemas-'));
    writeFileSync(join(directory, 'metadata'), printTsdl(trace.traceClass(1)));
    for (const streamClassId of [0, 1]) {
      writeFileSync(join(directory, `channel_${streamClassId}`), Buffer.concat(packetsOf(trace, streamClassId)));
    }
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('is encoded to the same bytes by compiled encoders and by closures', () => {
    for (const { events } of trace.packets) {
      for (const { spec, payloads } of events) {
        expect(Buffer.compare(...payloads), `payload of ${JSON.stringify(spec)}`).toBe(0);
      }
    }
  });

  it.skipIf(babeltrace === undefined)('is read by Babeltrace 2, value by value, as written', () => {
    const { printed, streamEndCount } = withoutStreamEnds(runBabeltrace(babeltrace as string, directory));
    let at = printed.indexOf('\n\n[', printed.lastIndexOf('Stream beginning')) + 1;
    for (const packet of trace.packets) {
      for (const { message, about } of expectedMessages(packet)) {
        // Compared here first, since a matcher takes long for megabytes.
        if (!printed.startsWith(message, at)) expect(printed.slice(at, at + message.length), about).toBe(message);
        at += message.length;
      }
    }
    expect({ rest: printed.slice(at), streamEndCount }).toEqual({ rest: '', streamEndCount: 2 });
  });

  it("is described by metadata in which Ringtail's parser finds the same trace class", () => {
    const traceClass = trace.traceClass(1);
    expect(parseMetadata(new TextEncoder().encode(printTsdl(traceClass)))).toEqual(traceClass);
  });

  it("is read by Ringtail's decoder, value by value, as written, with the metadata for Babeltrace 2", () => {
    const metadata = new TextEncoder().encode(printTsdl(trace.traceClass(1)));
    expectDecoded(trace, parseMetadata(metadata), 1);
  });

  it("is described by metadata of CTF 2 in which Ringtail's parser finds the same trace class", () => {
    const traceClass = trace.traceClass(2);
    expect(parseMetadata(new TextEncoder().encode(printCtf2(traceClass)))).toEqual(asCtf2(traceClass));
  });

  it("is read by Ringtail's decoder, value by value, as written, with metadata of CTF 2", () => {
    const metadata = new TextEncoder().encode(printCtf2(trace.traceClass(2)));
    expectDecoded(trace, parseMetadata(metadata), 2);
  });
});

function expectDecoded(trace: RandomTrace, traceClass: TraceClass, version: 1 | 2): void {
  for (const streamClassId of [0, 1]) {
    const events = decode(traceClass, new Uint8Array(Buffer.concat(packetsOf(trace, streamClassId))));
    const packets = trace.packets.filter(({ description }) => description.streamClassId === streamClassId);
    for (const { description, events: recorded } of packets) {
      const context = { vpid: description.pid, vtid: description.tid, procname: description.procname };
      for (const { id, spec, timestamp, values } of recorded) {
        const found = events.shift();
        const actual = {
          id: found?.class.id,
          name: found?.class.name,
          cycles: found?.cycles,
          context: found?.packet.context,
          payload: found?.payload,
        };
        const expected = {
          id: BigInt(id),
          name: spec.name,
          cycles: timestamp,
          context: { ...found?.packet.context, ...context },
          payload: decodedFields(spec.fields, values, version),
        };
        if (!isDeepStrictEqual(actual, expected)) expect(actual, JSON.stringify(spec)).toStrictEqual(expected);
      }
    }
    expect(events.length).toBe(0);
  }
}

function decode(traceClass: TraceClass, bytes: Uint8Array): EventMessage[] {
  const identity = { class: traceClass, name: 'random', uuid: traceClass.uuid };
  const source = { name: 'channel', medium: new BufferMedium(bytes) };
  const reader = new DataStreamReader(new TraceDecoder(traceClass), identity, [source], 0n);
  const events: EventMessage[] = [];
  for (let next = reader.next(); next.kind === 'item'; next = reader.next()) {
    if (next.item.kind !== 'event') throw new Error(`a loss was read that is none: ${next.item.kind}`);
    events.push(next.item);
  }
  return events;
}

function packetsOf(trace: RandomTrace, streamClassId: number): Uint8Array[] {
  return trace.packets.flatMap(({ description, bytes }) =>
    description.streamClassId === streamClassId ? [bytes] : [],
  );
}

function runBabeltrace(program: string, directory: string): string {
  const sink = ['-c', 'sink.text.details', '-p', 'with-metadata=no,with-trace-name=no,with-stream-name=no'];
  const { status, stdout, stderr } = spawnSync(program, [...sink, directory], { maxBuffer: 2 ** 30, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** A finished data stream ends before the next message of another one; no time shows this. */
function withoutStreamEnds(text: string): { printed: string; streamEndCount: number } {
  const parts = text.split(/\n\[Unknown\]\n\{Trace 0, Stream class ID \d, Stream ID \d\}\nStream end\n/);
  return { printed: parts.join(''), streamEndCount: parts.length - 1 };
}

function* expectedMessages({ description, events }: RecordedPacket): Generator<{ message: string; about: string }> {
  const { streamClassId, streamInstanceId, pid, tid, procname, packetSequenceNumber } = description;
  const tag = `{Trace 0, Stream class ID ${streamClassId}, Stream ID ${streamInstanceId}}`;
  const about = `packet ${packetSequenceNumber} of data stream class ${streamClassId}`;
  const context = `    vpid: ${detailsOfInteger(BigInt(pid))}\n    vtid: ${detailsOfInteger(BigInt(tid))}\n    procname: ${procname}\n`;
  const begin = `Packet beginning:\n  Context:\n${context}`;
  yield { about, message: `\n${timeLine(description.timestampBegin)}\n${tag}\n${begin}` };
  for (const { id, spec, timestamp, values } of events) {
    const event = `Event \`${spec.name}\` (Class ID ${detailsOfInteger(BigInt(id))})`;
    const payload = `  Payload:${detailsOfFields(spec.fields, values, '  ')}\n`;
    yield {
      about: `${about}: ${JSON.stringify(spec)}`,
      message: `\n${timeLine(timestamp)}\n${tag}\n${event}:\n${payload}`,
    };
  }
  yield { about, message: `\n${timeLine(description.timestampEnd)}\n${tag}\nPacket end\n` };
}

function timeLine(cycles: bigint): string {
  const ns = CLOCK_OFFSET_SECONDS * 1_000_000_000n + CLOCK_OFFSET_CYCLES + cycles;
  return `[${detailsOfInteger(cycles)} cycles, ${detailsOfInteger(ns)} ns from origin]`;
}
