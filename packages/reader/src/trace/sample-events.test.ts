import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTraces } from '../files/open-traces.ts';
import { METADATA, packet, type SmallEvent } from '../testing/small-trace.test.support.ts';
import { sampleEvents } from './sample-events.ts';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-sample-'));
});
afterEach(() => fs.rmSync(root, { recursive: true }));

const events = (count: number, from: number): SmallEvent[] =>
  Array.from({ length: count }, (_, n) => ({ time: from + n, n: n % 256 }));

function sample(bytesMax: number, metadata = METADATA) {
  fs.writeFileSync(path.join(root, 'metadata'), metadata);
  const reader = openTraces(root, { keepGoing: true, onError: () => {} });
  try {
    return sampleEvents(
      reader.traces.flatMap(({ streams }) => streams),
      bytesMax,
    );
  } finally {
    reader.close();
  }
}

describe('sampleEvents', () => {
  it('counts all events of short data streams', () => {
    fs.writeFileSync(path.join(root, 'a'), Buffer.concat([packet(0, events(70, 0)), packet(0, events(3, 100))]));
    fs.writeFileSync(path.join(root, 'b'), packet(1, events(5, 0)));
    expect(sample(1e6)).toEqual({ count: 78, isExact: true, programs: ['app'] });
  });

  it('projects the count of long data streams from some packets', () => {
    const packets = Array.from({ length: 100 }, (_, i) => packet(0, events(100, i * 100)));
    fs.writeFileSync(path.join(root, 'a'), Buffer.concat(packets));
    expect(sample(packets[0]!.length * 10)).toEqual({ count: 10_000, isExact: false, programs: ['app'] });
  });

  it('counts the events before a cut', () => {
    fs.writeFileSync(path.join(root, 'a'), packet(0, events(10, 0)).subarray(0, 26 + 9 * 4 + 3));
    expect(sample(1e6)).toMatchObject({ count: 4 });
  });

  it('names the programs in the contexts of packets', () => {
    const withName = METADATA.replace('u8 cpu;', 'string { encoding = UTF8; } procname;');
    const named = packet(0, events(2, 0));
    const bytes = Buffer.concat([named.subarray(0, 25), Buffer.from('web\0'), named.subarray(26)]);
    bytes.writeUInt32LE(bytes.length * 8, 17);
    fs.writeFileSync(path.join(root, 'a'), bytes);
    expect(sample(1e6, withName)).toEqual({ count: 2, isExact: true, programs: ['web'] });
  });

  it('names the programs that the environment has for the processes of packets', () => {
    const withProcess = METADATA.replace('u8 cpu;', 'u8 vpid;');
    const named = `${withProcess}env { program_1 = "worker.js"; };\nenv { program_1 = "shop/server.js"; };\n`;
    // The process of a packet is the number of its data stream.
    fs.writeFileSync(path.join(root, 'a'), packet(1, events(1, 0)));
    fs.writeFileSync(path.join(root, 'b'), packet(2, events(1, 0)));
    expect(sample(1e6, named)).toMatchObject({ programs: ['app', 'shop/server.js'] });
  });
});
