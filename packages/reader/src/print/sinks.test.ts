import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTraces } from '../files/open-traces.ts';
import { METADATA, packet } from '../testing/small-trace.test.support.ts';
import { countMessages, countsText } from './count-messages.ts';
import { printCsv } from './print-csv.ts';
import { printJson } from './print-json.ts';

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-sinks-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

const FIELDS = METADATA.replace(
  'fields := struct { u8 _n; };',
  'fields := struct { string _s; u8 _len; u8 _list[_len]; struct { u8 _x; } _in; };',
);

function sink() {
  let text = '';
  return {
    write: (piece: string) => {
      text += piece;
      return true;
    },
    text: () => text,
  };
}

describe('comma-separated values', () => {
  it('have a column for each field, and quotes where a text needs them', () => {
    fs.writeFileSync(path.join(root, 'metadata'), FIELDS);
    const record = Buffer.concat([Buffer.from('a "b", c\0'), Buffer.from([2, 7, 8, 9])]);
    const bytes = Buffer.concat([packet(0, [{ time: 5, n: 0 }]).subarray(0, 34), record]);
    bytes.writeUInt32LE(bytes.length * 8, 17);
    fs.writeFileSync(path.join(root, 's'), bytes);
    const reader = openTraces(root);
    const out = sink();
    expect(printCsv(reader.traces, reader, out)).toBe(1);
    reader.close();
    const [header, row] = out.text().split('\n');
    expect(header).toMatch(/^at,name,stream,ctx\.timestamp_begin,.*,ctx\.cpu,s,len,list,in\.x$/);
    expect(row).toMatch(/^5,e,0,.*,0,"a ""b"", c",2,"\[7,8\]",9$/);
  });

  it('have no columns of events that cannot occur', () => {
    fs.writeFileSync(path.join(root, 'metadata'), METADATA);
    fs.writeFileSync(path.join(root, 's'), packet(0, [{ time: 5, n: 0 }]));
    const reader = openTraces(root);
    const out = sink();
    printCsv(reader.traces, [], out, () => false);
    reader.close();
    expect(out.text()).toMatch(/,ctx\.cpu\n$/);
  });
});

describe('lines of JSON', () => {
  it('are one object for each event', () => {
    fs.writeFileSync(path.join(root, 'metadata'), METADATA);
    fs.writeFileSync(path.join(root, 's'), packet(3, [{ time: 5, n: 1 }]));
    const reader = openTraces(root);
    const out = sink();
    expect(printJson(reader, out)).toBe(1);
    reader.close();
    expect(JSON.parse(out.text())).toMatchObject({ at: '5', name: 'e', stream: '3', fields: { n: 1 } });
  });
});

describe('counting messages', () => {
  it('counts events, data streams, packets and losses', () => {
    fs.writeFileSync(path.join(root, 'metadata'), METADATA);
    const packets = [
      packet(0, [{ time: 5, n: 1 }]),
      packet(
        0,
        [6, 7].map((n) => ({ time: n, n })),
        4,
      ),
    ];
    fs.writeFileSync(path.join(root, 's'), Buffer.concat(packets));
    const reader = openTraces(root, { boundaries: true });
    const counts = countMessages(reader.messages(), 1);
    reader.close();
    expect(counts).toEqual({
      events: 3,
      streamBegins: 1,
      streamEnds: 1,
      packetBegins: 2,
      packetEnds: 2,
      discardedEvents: 1,
      discardedPackets: 0,
    });
    expect(countsText(counts).split('\n')[8]).toBe('             10 messages (TOTAL)');
  });
});
