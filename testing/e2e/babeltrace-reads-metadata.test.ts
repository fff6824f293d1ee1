import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClockCycles } from '@ringtail/base';
import {
  type DataStreamClass,
  type EventSpec,
  encodePacketHeader,
  largeEventHeaderClass,
  lowerFields,
  packetContextClass,
  packetHeaderClass,
  parseEventSpec,
  type TraceClass,
  tsdlDataStreamClass,
  tsdlEventRecordClass,
  tsdlPreamble,
} from '@ringtail/ctf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requirePeer } from '../peers.ts';

const babeltrace = requirePeer(
  'babeltrace2',
  'that CTF 1.8 metadata is accepted, with labels, log levels and the clock',
);

const UUID = '00112233-4455-6677-8899-aabbccddeeff';
const U8 = { kind: 'integer', signed: false, bits: 8, base: 10 } as const;
const LABELS = ['RUNNING', 'two words', 'a "quoted" one', 'back\\slash', 'é€🐧', 'struct', '*/ };', '%s\\n'];
const LOG_LEVELS = (
  'EMERG ALERT CRIT ERR WARNING NOTICE INFO DEBUG_SYSTEM DEBUG_PROGRAM DEBUG_PROCESS DEBUG_MODULE DEBUG_UNIT ' +
  'DEBUG_FUNCTION DEBUG_LINE DEBUG'
).split(' ');

const STREAM: DataStreamClass = {
  id: 3n,
  packetContext: packetContextClass('monotonic'),
  eventRecordHeader: largeEventHeaderClass('monotonic'),
  eventRecordClasses: [],
};
const TRACE: TraceClass = {
  version: { major: 1, minor: 8 },
  byteOrder: 'le',
  uuid: UUID,
  environment: new Map<string, string | bigint>([
    ['hostname', 'a "host"\\\t\u0001'],
    ['tracer_major', -1n],
  ]),
  clockClasses: [
    {
      name: 'monotonic',
      frequency: 1_000_000_000n,
      offsetSeconds: 1_795_180_072n,
      offsetCycles: 5n,
      originIsUnixEpoch: true,
    },
  ],
  packetHeader: packetHeaderClass(),
  dataStreamClasses: [STREAM],
};

describe.skipIf(babeltrace === undefined)(
  'Babeltrace 2, given metadata piece by piece and packets made by hand',
  () => {
    let directory: string;

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'ringtail-metadata-'));
    });
    afterEach(() => rmSync(directory, { recursive: true, force: true }));

    it('prints enumeration labels, text, optional fields and arrays of arrays', () => {
      const ranges = LABELS.map((label, i) => [label, String(i), String(i)]);
      const fields = [
        { name: 'state', spec: { kind: 'enumeration', container: U8, ranges } },
        { name: 'text', spec: { kind: 'text' } },
        { name: 'maybe', spec: { kind: 'optional', content: U8 } },
        { name: 'int', spec: { kind: 'array', element: { kind: 'array', element: U8, length: 2 }, length: 1 } },
      ];
      const payloads = LABELS.map((_, i) => [i, 2, 0, 0, 0, 0x68, 0x69, ...(i % 2 === 0 ? [0] : [1, 42]), 7, 8]);
      const event = parseEventSpec({ name: 'a:b', logLevel: 6, fields });
      const lines = convert(
        [event],
        payloads.map((payload) => ({ id: 0, payload })),
      );
      expect(lines).toEqual(
        LABELS.map((label, i) => {
          const printed = label.replaceAll(/["\\]/g, '\\$&');
          const [tag, content] = i % 2 === 0 ? ['none', '{ }'] : ['some', '42'];
          return line(i, 'INFO', 6, 'a:b', [
            `state = ( "${printed}" : container = ${i} )`,
            '_text_length = 2, text = "hi"',
            `_maybe_tag = ( "${tag}" : container = ${i % 2} ), maybe = { ${content} }`,
            'int = [ [0] = [ [0] = 7, [1] = 8 ] ]',
          ]);
        }),
      );
    });

    it('prints every log level by its name', () => {
      const events = LOG_LEVELS.map((_, logLevel) => ({ name: `log:${logLevel}`, logLevel, fields: [] }));
      const records = events.map((_, id) => ({ id, payload: [] }));
      expect(convert(events, records)).toEqual(LOG_LEVELS.map((name, i) => line(i, name, i, `log:${i}`, [])));
    });

    /** Writes a trace of these records, at 1 µs, 2 µs, and so on, and has it printed. */
    function convert(
      events: readonly EventSpec[],
      records: readonly { id: number; payload: readonly number[] }[],
    ): string[] {
      const pieces = events.map((event, i) => {
        const { name, logLevel, fields } = event;
        return tsdlEventRecordClass(STREAM.id, { id: BigInt(i), name, logLevel, payload: lowerFields(fields, 1) });
      });
      writeFileSync(
        join(directory, 'metadata'),
        [tsdlPreamble(TRACE), tsdlDataStreamClass(STREAM), ...pieces].join(''),
      );
      writeFileSync(
        join(directory, 'channel0_0'),
        packetOf(records.map(({ id, payload }, i) => recordOf(id, i, payload))),
      );
      const options = ['--clock-seconds', '--no-delta', '--fields=loglevel,trace:hostname'];
      const { status, stdout, stderr } = spawnSync(babeltrace as string, [...options, directory], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return stdout.split('\n').slice(0, -1);
    }
  },
);

function recordOf(id: number, i: number, payload: readonly number[]): Uint8Array {
  const header = Buffer.alloc(6);
  header.writeUInt16LE(id, 0);
  header.writeUInt32LE(1000 * (i + 1), 2);
  return Buffer.concat([header, Uint8Array.from(payload)]);
}

function packetOf(records: readonly Uint8Array[]): Uint8Array {
  const header = encodePacketHeader({
    traceUuid: UUID,
    streamClassId: Number(STREAM.id),
    streamInstanceId: 0n,
    timestampBegin: 0n as ClockCycles,
    timestampEnd: 1_000_000n as ClockCycles,
    recordBytes: records.reduce((bytes, record) => bytes + record.length, 0),
    packetSequenceNumber: 0n,
    eventsDiscarded: 0n,
    pid: 4711,
    tid: 4712,
    procname: 'node',
  });
  return Buffer.concat([header, ...records]);
}

function line(i: number, levelName: string, level: number, name: string, fields: readonly string[]): string {
  const seconds = `1795180072.${String(1000 * (i + 1) + 5).padStart(9, '0')}`;
  const payload = fields.length === 0 ? '{ }' : `{ ${fields.join(', ')} }`;
  const context = '{ vpid = 4711, vtid = 4712, procname = "node" }';
  return `[${seconds}] a "host"\\\t\u0001:TRACE_${levelName} (${level}) ${name}: ${context}, ${payload}`;
}
