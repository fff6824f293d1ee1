import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isUnsafe } from '@ringtail/base/text';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTraces } from '../../files/open-traces.ts';
import { printDetails } from '../print-details.ts';
import { printPretty } from '../print-pretty.ts';

const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; align = 8; } := u8;
trace { major = 1; minor = 8; byte_order = le; }; stream { };
event { name = e; fields := struct { string s; u8 n; integer { size = 8; align = 8; encoding = UTF8; } v[n]; }; };`;
/** Characters and bytes that printers treat differently, and halves of them. */
const PIECES = [
  ...['a', 'bc', 'def', '\\', '"', '?', '\x01', '\t', '\n', '\r', '\x1b[31m', '\x7f'],
  ...['é', '\u009b', '\u00ad', '\u061c', '€', '\u202e', '\u2028', '\ufeff', '\uffff', '\u200d', '🐧', '\u{e0041}'],
].map((text) => Buffer.from(text));
const HALVES = [[0x80], [0x9b], [0xc2], [0xff], [0xe2, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x90], [0xc0, 0xaf]];

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-text-escapes-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

function sink() {
  const pieces: Buffer[] = [];
  return {
    write: (text: string) => pieces.push(Buffer.from(text)) > 0,
    writeBytes: (bytes: Uint8Array) => pieces.push(Buffer.from(bytes)) > 0,
    get text() {
      // Bytes that are no UTF-8 become U+FFFD, which no piece contains.
      return Buffer.concat(pieces).toString();
    },
  };
}

/** Numbers without a pattern, the same in each run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

function writeTrace(count: number): void {
  const below = random(20_261);
  const pieces = [...PIECES, ...HALVES.map((bytes) => Buffer.from(bytes))];
  const text = () =>
    Buffer.concat(
      Array.from({ length: below(9) }, () => pieces[below(2) === 0 ? below(3) : below(pieces.length)] as Buffer),
    );
  const records = Array.from({ length: count }, () => {
    const [s, v] = [text(), text()];
    return Buffer.concat([s, Buffer.from([0, v.length]), v]);
  });
  fs.writeFileSync(path.join(root, 'metadata'), METADATA);
  fs.writeFileSync(path.join(root, 's'), Buffer.concat(records));
}

function unsafeIn(text: string): string[] {
  return [...text].filter((character) => isUnsafe(character.codePointAt(0) as number) || character === '\ufffd');
}

describe('texts of a trace', () => {
  it('are printed the same by generated code and by the general printer, and hold nothing that a terminal obeys', () => {
    writeTrace(5000);
    const reader = openTraces(root);
    const [generated, general] = [sink(), sink()];
    printPretty(reader, generated);
    reader.close();
    const again = openTraces(root);
    printPretty(again.messages() as Parameters<typeof printPretty>[0], general);
    again.close();
    expect(generated.text.split('\n')).toHaveLength(5001);
    expect(generated.text === general.text).toBe(true);
    expect(unsafeIn(generated.text)).toEqual([]);
  });

  it('are in one line each, and whole, in details for a terminal', () => {
    writeTrace(5000);
    const lineCounts = [true, false].map((forTerminal) => {
      const reader = openTraces(root, { boundaries: true });
      const out = sink();
      printDetails(reader, out, { forTerminal });
      reader.close();
      if (forTerminal) expect(unsafeIn(out.text)).toEqual([]);
      return out.text.split('\n').length;
    });
    const events = openTraces(root);
    const feeds = [...events].flatMap((message) =>
      message.kind === 'event' ? [message.payload?.s, message.payload?.v] : [],
    );
    events.close();
    const feedCount = feeds.join('').split('\n').length - 1;
    expect(feedCount).toBeGreaterThan(100);
    expect(lineCounts[1]! - lineCounts[0]!).toBe(feedCount);
  });

  it('keep tabs, line feeds and controls that terminals pass over in details, as babeltrace2 prints them', () => {
    writeTrace(5000);
    const reader = openTraces(root, { boundaries: true });
    const out = sink();
    printDetails(reader, out);
    reader.close();
    expect(new Set(unsafeIn(out.text))).toEqual(new Set(['\x01', '\x7f']));
    expect(out.text).toMatch(/\\e\[31m|\\u009b/);
    expect(out.text).toContain('\\xff');
  });
});
