import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeIndexEntry, encodeIndexHeader, parseIndexFile, printCtf2 } from '@ringtail/ctf';
import { describe, expect, it } from 'vitest';
import { corpusPath } from '../corpus.ts';
import { ctf2Violations } from '../schemas/ctf2-shape.ts';
import { randomTrace } from '../schemas/random-trace.ts';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';

const recorded = corpusPath('lttng/s01-types-peruid/ust/uid/0/64-bit', 'index files against those of LTTng');
const ctf2Traces = corpusPath('lttng-ctf2', 'CTF 2 metadata against that of Babeltrace 2');

describe.skipIf(recorded === undefined)('an index file that LTTng wrote', () => {
  it('agrees with the headers of its packets, and is rewritten equally', () => {
    const file = readFileSync(join(recorded as string, 'index', 'channel0_1.idx'));
    const packet = readFileSync(join(recorded as string, 'channel0_1'));
    const entries = parseIndexFile(file)?.entries ?? [];
    expect(entries).toEqual([
      {
        offsetBytes: 0n,
        streamClassId: BigInt(packet.readUInt32LE(20)),
        streamInstanceId: packet.readBigUInt64LE(24),
        timestampBegin: packet.readBigUInt64LE(32),
        timestampEnd: packet.readBigUInt64LE(40),
        contentBits: packet.readBigUInt64LE(48),
        packetBits: packet.readBigUInt64LE(56),
        packetSequenceNumber: packet.readBigUInt64LE(64),
        eventsDiscarded: packet.readBigUInt64LE(72),
      },
    ]);
    expect(Buffer.concat([encodeIndexHeader(), ...entries.map(encodeIndexEntry)])).toEqual(file);
  });
});

describe('CTF 2 metadata', () => {
  it('of random event classes has the required properties and no unknown ones', () => {
    const trace = randomTrace(new SeededRandom(runSeed('CTF 2 metadata')), 400);
    expect(ctf2Violations(printCtf2(trace.traceClass(2)))).toEqual([]);
  });

  it.skipIf(ctf2Traces === undefined)('of other tracers passes the same check', () => {
    const files = readdirSync(ctf2Traces as string, { recursive: true, encoding: 'utf8' });
    const metadata = files.filter((file) => file.endsWith('/metadata'));
    expect(metadata.length).toBeGreaterThan(0);
    for (const file of metadata) {
      expect(ctf2Violations(readFileSync(join(ctf2Traces as string, file), 'utf8')), file).toEqual([]);
    }
  });

  it('with a property missing or unknown fails the check', () => {
    const fragment = (payload: object) =>
      `\u001e${JSON.stringify({ type: 'event-record-class', 'payload-field-class': payload })}`;
    const integer = { type: 'fixed-length-unsigned-integer', length: 8 };
    const member = { name: 'x', 'field-class': { ...integer, 'byte-order': 'little-endian', sign: 1 } };
    expect(ctf2Violations(fragment(integer))).toEqual([expect.stringContaining('lacks byte-order')]);
    expect(ctf2Violations(fragment({ type: 'structure', 'member-classes': [member] }))).toEqual([
      expect.stringContaining('has sign'),
    ]);
  });
});
