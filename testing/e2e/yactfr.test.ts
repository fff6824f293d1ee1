import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MetadataError, parseMetadata, TraceFormatError, unpackMetadata } from '@ringtail/ctf';
import { describe, expect, it } from 'vitest';
import { corpusPath } from '../corpus.ts';
import { yactfrElements } from '../yactfr-elements.ts';

/** Strict cases of CTF 1.8 and CTF 2 from yactfr's test suite; their names begin with the expected result. */
const SUITE = corpusPath('yactfr/', 'strict specification cases of CTF 1.8 and CTF 2');

/** Cases of CTF 1.8, the same in CTF 2, and cases that only CTF 2 has. */
const FAMILIES = ['ctf-1', 'ctf-2-auto', 'ctf-2'] as const;

function cases(kind: string, verdict: 'pass' | 'fail'): string[] {
  if (SUITE === undefined) return [];
  const names = readdirSync(join(SUITE, kind)).filter((name) => name.startsWith(`${verdict}-`));
  const hasNone = kind === 'metadata-text/ctf-2-auto' && verdict === 'fail';
  expect(names.length > 0).toBe(!hasNone);
  return names.sort();
}

const read = (...path: string[]) => readFileSync(join(SUITE!, ...path));
const expected = (kind: string, name: string) => read(kind, name, 'expect.txt').toString().trimEnd().split('\n');

/** The suite has packets without a data stream class; Ringtail gives metadata without classes an empty one. */
const WITHOUT_CLASS = 'pass-no-ers-no-dst-id-fl-ints';

/** The suite has the position of the padding before a field, Ringtail the position of the field. */
const BEHIND_PADDING = 'fail-align-beyond-content';

/** Its packet has another magic number, which the suite does not check. */
const WITHOUT_MAGIC = 'pass-dt-aliases';
const OTHER_MAGIC = 0xc11ffcc1;
const MAGIC = 0xc1fc1fc1;

describe.skipIf(SUITE === undefined)('metadata streams', () => {
  it.each(cases('metadata-stream', 'pass'))('%s has a text', (name) => {
    expect(new TextDecoder().decode(unpackMetadata(read('metadata-stream', name)))).toMatch(/\S/);
  });

  it.each(cases('metadata-stream', 'fail'))('%s is refused with the place of the packet', (name) => {
    const error = expect.objectContaining({ code: 'BAD_PACKET', message: expect.stringMatching(/packet at byte \d+/) });
    expect(() => unpackMetadata(read('metadata-stream', name))).toThrow(error);
  });
});

describe.skipIf(SUITE === undefined).each(FAMILIES)('metadata of %s', (family) => {
  it.each(cases(`metadata-text/${family}`, 'pass'))('%s makes a trace class', (name) => {
    expect(parseMetadata(read(`metadata-text/${family}`, name, 'metadata')).version).toEqual(
      family === 'ctf-1' ? { major: 1, minor: 8 } : { major: 2, minor: 0 },
    );
  });

  it.each(cases(`metadata-text/${family}`, 'fail'))('%s is refused, with line and column', (name) => {
    const error = expect.objectContaining({ line: expect.any(Number), column: expect.any(Number) });
    expect(() => parseMetadata(read(`metadata-text/${family}`, name, 'metadata'))).toThrow(error);
    expect(() => parseMetadata(read(`metadata-text/${family}`, name, 'metadata'))).toThrow(MetadataError);
  });
});

describe.skipIf(SUITE === undefined).each(FAMILIES)('data of %s', (family) => {
  const decode = (name: string) => {
    const [metadata, stream] = ['metadata', 'stream'].map((file) => read(`iter-data/${family}`, name, file));
    if (name === WITHOUT_MAGIC) {
      expect(yactfrElements(metadata!, stream!).error).toMatchObject({ code: 'BAD_MAGIC' });
      stream!.writeUInt32LE(MAGIC);
    }
    return yactfrElements(metadata!, stream!);
  };

  it.each(cases(`iter-data/${family}`, 'pass'))('%s has these elements at these bits', (name) => {
    const { lines, error } = decode(name);
    expect(error).toBeUndefined();
    const wanted = expected(`iter-data/${family}`, name);
    const known = name === WITHOUT_CLASS ? ['DSI', 'DSI:T0'] : ['', ''];
    const same = (line: string) =>
      line.replace(new RegExp(`${known[0]}$`), known[1]!).replace(`:${OTHER_MAGIC}`, `:${MAGIC}`);
    expect(lines.filter((line) => name !== WITHOUT_CLASS || !line.endsWith(' PI'))).toEqual(
      wanted.filter((line) => line !== '').map(same),
    );
  });

  it.each(cases(`iter-data/${family}`, 'fail'))('%s has these elements up to the refused record', (name) => {
    const { lines, error, errorPacketBits } = decode(name);
    expect(error).toBeInstanceOf(TraceFormatError);
    const wanted = expected(`iter-data/${family}`, name);
    expect(wanted.slice(0, lines.length)).toEqual(lines);
    const reason = wanted.at(-1)!;
    const at = errorPacketBits + (error as TraceFormatError).at;
    if (reason.endsWith('reaching end of data source.')) {
      // The suite has the end of the data, Ringtail the begin of the cut field.
      expect((error as TraceFormatError).code).toBe('TRUNCATED');
      expect(at).toBeLessThanOrEqual(Number.parseInt(reason, 10));
      expect(wanted.some((line) => Number.parseInt(line, 10) === at)).toBe(true);
    } else {
      const paddingBits = name === BEHIND_PADDING ? 24 : 0;
      expect(at).toBe(Number.parseInt(reason, 10) + paddingBits);
    }
  });
});
