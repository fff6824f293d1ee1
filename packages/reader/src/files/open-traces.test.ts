import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { RingtailError } from '@ringtail/base';
import { type Message, parseMetadata, printCtf2, type TraceFormatError } from '@ringtail/ctf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { printPretty } from '../print/print-pretty.ts';
import { METADATA, packet, UUID } from '../testing/small-trace.test.support.ts';
import type { OpenOptions } from '../trace-reader.ts';
import { writeCtf } from './ctf-writer.ts';
import { openTraces } from './open-traces.ts';

let root: string;

function write(file: string, content: string | Buffer): void {
  const target = path.join(root, file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, content);
}

/** A part of a trace of CTF 2: its metadata and its packets have a UUID of their own. */
function writeSnapshot(directory: string, digit: string, packets: readonly Buffer[], metadata = METADATA): void {
  const uuid = `${digit}${UUID.slice(1)}`;
  const withUuid = metadata.replace(
    'struct { u8 stream_instance_id; }',
    'struct { u8 uuid[16]; u8 stream_instance_id; }',
  );
  const traceClass = parseMetadata(Buffer.from(withUuid.replace(UUID, uuid)));
  const identity = { namespace: 'example.com,2026', name: 'shop', uid: UUID };
  write(`${directory}/metadata`, printCtf2({ ...traceClass, version: { major: 2, minor: 0 }, uuid, identity }));
  const prefix = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  const longer = packets.map((bytes) => {
    const copy = Buffer.concat([prefix, bytes]);
    copy.writeUInt32LE(copy.length * 8, 16 + 17);
    return copy;
  });
  write(`${directory}/s`, Buffer.concat(longer));
}

function read(): { ns: number[]; errors: RingtailError[] } {
  const errors: RingtailError[] = [];
  const reader = openTraces(root, { onError: (error) => errors.push(error) });
  const ns = [...reader].flatMap((m) => (m.kind === 'event' ? [Number(m.payload!.n)] : []));
  reader.close();
  return { ns, errors };
}

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-reader-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

describe('opening traces', () => {
  it('merges the events of all files and traces below a directory by time, files by name where times are equal', () => {
    write('a/metadata', METADATA);
    write(
      'a/s_0',
      packet(0, [
        { time: 1, n: 1 },
        { time: 5, n: 5 },
        { time: 9, n: 8 },
      ]),
    );
    write(
      'a/s_1',
      packet(1, [
        { time: 3, n: 3 },
        { time: 5, n: 6 },
      ]),
    );
    write('deep/er/metadata', METADATA.replace(UUID, UUID.replace('2', '3')));
    write(
      'deep/er/s_0',
      packet(0, [
        { time: 2, n: 2 },
        { time: 4, n: 4 },
        { time: 6, n: 7 },
      ]),
    );
    expect(read()).toEqual({ ns: [1, 2, 3, 4, 5, 6, 7, 8], errors: [] });
  });

  it('leaves out files that are hidden, empty, in a subdirectory, or not regular', () => {
    write('metadata', METADATA);
    write('s', packet(0, [{ time: 1, n: 1 }]));
    write('.hidden', 'x');
    write('empty', '');
    write('index/s.idx', 'x');
    fs.symlinkSync('.', path.join(root, 'circle'));
    expect(read()).toEqual({ ns: [1], errors: [] });
  });

  it('reads the chunks of a rotated trace as one, with losses counted across them', () => {
    write('2/metadata', METADATA);
    write('2/s_0', packet(0, [{ time: 1, n: 1 }], 3));
    write('1/metadata', METADATA);
    write('1/s_0', packet(0, [{ time: 2, n: 2 }], 5));
    const reader = openTraces(root);
    expect(reader.traces).toHaveLength(1);
    const messages = [...reader].map((m: Message) => (m.kind === 'event' ? Number(m.payload!.n) : m.count));
    reader.close();
    expect(messages).toEqual([undefined, 1, 2n, 2]);
  });

  it('reads CTF 2 of one namespace, name and UID as one trace, whatever UUID the metadata of each part has', () => {
    writeSnapshot('1', '1', [packet(0, [{ time: 1, n: 1 }], 3), packet(0, [{ time: 2, n: 2 }], 3)]);
    writeSnapshot('2', '2', [packet(0, [{ time: 2, n: 2 }], 3), packet(0, [{ time: 4, n: 4 }], 5)]);
    const reader = openTraces(root);
    const messages = [...reader];
    reader.close();
    expect(reader.traces).toHaveLength(1);
    // A packet that both have comes once, and losses are counted across them.
    expect(messages.map((m) => (m.kind === 'event' ? m.payload!.n : m.count))).toEqual([undefined, 1, 2, 2n, 4]);
  });

  it('converts such parts so that they are one trace again, and readable in CTF 1.8', () => {
    writeSnapshot('in/1', '1', [packet(0, [{ time: 1, n: 1 }]), packet(0, [{ time: 2, n: 2 }])]);
    writeSnapshot('in/2', '2', [packet(0, [{ time: 3, n: 3 }])]);
    for (const [version, keep] of [
      [2, undefined],
      [2, () => true],
      [1, undefined],
      [1, () => true],
    ] as const) {
      const copy = path.join(root, `copy-${version}-${keep === undefined}`);
      const original = openTraces(path.join(root, 'in'), { keepsHeaders: true, keep });
      writeCtf(original, copy, { version });
      original.close();
      const reader = openTraces(copy);
      expect([...reader].flatMap((m) => (m.kind === 'event' ? [Number(m.payload!.n)] : []))).toEqual([1, 2, 3]);
      if (version === 2) expect(reader.traces).toHaveLength(1);
      reader.close();
    }
  });

  it('reads CTF 2 of one identity apart where the same events are described in different ways', () => {
    writeSnapshot('1', '1', [packet(0, [{ time: 1, n: 1 }])]);
    writeSnapshot('2', '2', [packet(0, [{ time: 2, n: 2 }])], METADATA.replace('u8 _n', 'u8 _m'));
    const reader = openTraces(root);
    reader.close();
    expect(reader.traces).toHaveLength(2);
  });

  it('gives the events before a cut in their turn, then an error with file, packet and place, and goes on with other files', () => {
    write('metadata', METADATA);
    const whole = Buffer.concat([
      packet(0, [{ time: 1, n: 1 }]),
      packet(0, [
        { time: 2, n: 2 },
        { time: 4, n: 4 },
      ]),
    ]);
    write('s_0', whole.subarray(0, whole.length - 3));
    write(
      's_1',
      packet(1, [
        { time: 3, n: 3 },
        { time: 5, n: 5 },
      ]),
    );
    const { ns, errors } = read();
    expect(ns).toEqual([1, 2, 3, 5]);
    expect(errors).toMatchObject([{ code: 'TRUNCATED', at: (26 + 9) * 8 }]);
    expect(errors[0]!.path.slice(0, 2)).toEqual([path.join(root, 's_0'), 'packet 1 (at byte 35)']);
    const reader = openTraces(root);
    const seen: Message[] = [];
    expect(() => {
      for (const message of reader) seen.push(message);
    }).toThrow(expect.objectContaining({ code: 'TRUNCATED' }) as TraceFormatError);
    reader.close();
    expect(seen).toHaveLength(2);
  });

  it('warns once where time runs backwards, and shows by how much', () => {
    write('metadata', METADATA);
    const times = [5_000, 4_000_000_000, 1_000, 2_000, 3_000_000_000, 7];
    write(
      's_0',
      packet(
        0,
        times.map((time, n) => ({ time, n })),
      ),
    );
    write('s_1', packet(1, [{ time: 4_000_000_001, n: 9 }]));
    const inText = () => {
      const warnings: string[] = [];
      let text = '';
      const reader = openTraces(root, { onWarning: (warning) => warnings.push(warning) });
      const write = (chunk: string) => {
        text += chunk;
        return true;
      };
      printPretty(reader, { write }, { utc: true });
      reader.close();
      return { warnings, deltas: [...text.matchAll(/\(([-+].{11,}?)\)/g)].map(([, delta]) => delta) };
    };
    expect(inText()).toEqual({
      warnings: [expect.stringMatching(/^time runs backwards: event "e" of .*s_0 is 3\.999999000 s earlier than/)],
      deltas: [
        '+?.?????????',
        '+3.999995000',
        '-3.999999000',
        '+0.000001000',
        '+2.999998000',
        '-2.999999993',
        '+3.999999994',
      ],
    });
    const asMessages: string[] = [];
    const reader = openTraces(root, { onWarning: (warning) => asMessages.push(warning) });
    expect([...reader].flatMap((m) => (m.kind === 'event' ? [Number(m.payload!.n)] : []))).toEqual([
      0, 1, 2, 3, 4, 5, 9,
    ]);
    reader.close();
    expect(asMessages).toEqual(inText().warnings);
  });

  it('warns of nothing where events lie before the begin of their packet', () => {
    write('metadata', METADATA);
    const bytes = packet(0, [
      { time: 50, n: 1 },
      { time: 60, n: 2 },
    ]);
    bytes.writeBigUInt64LE(55n, 1);
    write('s_0', bytes);
    const warnings: string[] = [];
    const reader = openTraces(root, { onWarning: (warning) => warnings.push(warning) });
    expect([...reader]).toHaveLength(2);
    reader.close();
    expect(warnings).toEqual([]);
  });

  it('reports a directory without a trace, and a missing directory', () => {
    expect(() => openTraces(root)).toThrow(expect.objectContaining({ code: 'NO_TRACE', path: [root] }));
    expect(() => openTraces(root)).toThrow('for a session without events, "ringtail status" shows why');
    const missing = path.join(root, 'missing');
    expect(() => openTraces(missing)).toThrow(
      expect.objectContaining({ code: 'UNREADABLE', path: [missing], message: 'there is no such directory' }),
    );
  });

  it('reports which metadata makes no sense', () => {
    write('x/metadata', 'trace { nonsense');
    const where = path.join(root, 'x', 'metadata');
    expect(() => openTraces(root)).toThrow(expect.objectContaining({ code: 'SYNTAX', path: [where] }));
  });
});

describe('printing', () => {
  function print(): { text: string; warnings: string } {
    const reader = openTraces(root);
    const out = { text: '', warnings: '' };
    const sink = (key: keyof typeof out) => ({
      write: (text: string) => {
        out[key] += text;
        return true;
      },
    });
    printPretty(reader, sink('text'), { utc: true, warnings: sink('warnings') });
    reader.close();
    return out;
  }

  it('shows time, delta, environment, packet context and fields, and warns of losses', () => {
    write('metadata', METADATA);
    write('s', Buffer.concat([packet(7, [{ time: 1, n: 1 }]), packet(7, [{ time: 1_000_000_003, n: 2 }], 1)]));
    const { text, warnings } = print();
    expect(text).toBe(
      '[00:00:00.000000001] (+?.?????????) host:app:(42) e: { cpu = 7 }, { n = 1 }\n' +
        '[00:00:01.000000003] (+1.000000002) host:app:(42) e: { cpu = 7 }, { n = 2 }\n',
    );
    expect(warnings).toBe(
      'WARNING: Tracer discarded 1 event between [00:00:00.000000001] and [00:00:01.000000003] in trace "host" ' +
        `(UUID: ${UUID}) within stream "${path.join(root, 's')}" (stream class ID: 0, stream ID: 7).\n`,
    );
  });

  it('stops when the reader of its output is gone', () => {
    write('metadata', METADATA);
    const events = Array.from({ length: 5000 }, (_, i) => ({ time: i, n: 0 }));
    write('s', packet(0, events));
    const reader = openTraces(root);
    let writes = 0;
    const count = printPretty(reader, {
      write: () => {
        writes++;
        return false;
      },
    });
    reader.close();
    expect(writes).toBe(1);
    expect(count).toBeLessThan(5000);
  });
});

describe('keeping going', () => {
  it('reports malformed packets and leaves them out', () => {
    const bad = packet(0, [{ time: 3, n: 3 }]);
    bad.writeUInt32LE(1, 17);
    write(
      'metadata',
      METADATA.replace('struct { u8 stream_instance_id; }', 'struct { u32 magic; u8 stream_instance_id; }'),
    );
    const magic = Buffer.from('c11ffcc1', 'hex');
    const sized = (bytes: Buffer) => {
      const whole = Buffer.concat([magic, bytes]);
      if (bytes !== bad) whole.writeUInt32LE(whole.length * 8, 21);
      return whole;
    };
    write('s', Buffer.concat([packet(0, [{ time: 1, n: 1 }]), bad, packet(0, [{ time: 5, n: 5 }])].map(sized)));
    const errors: string[] = [];
    const onError = (error: RingtailError) => errors.push(error.describe());
    const values = (keepGoing: boolean, range: OpenOptions = {}) => {
      const reader = openTraces(root, { onError, keepGoing, ...range });
      const ns = [...reader].map((m) => m.kind === 'event' && m.payload!.n);
      reader.close();
      return ns;
    };
    expect(values(false)).toEqual([1]);
    expect(values(true)).toEqual([1, 5]);
    // Also for a time range whose packets could be found without reading the damage.
    expect(values(true, { begin: { kind: 'instant', ns: 2n } })).toEqual([5]);
    expect(errors).toHaveLength(3);
    expect(errors[0]).toContain(`${path.join(root, 's')}: packet 1 (at byte 39)`);
  });
});
