import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEventSpec, parseMetadata } from '@ringtail/ctf';
import type { TraceFormat } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failingOutput } from '../../testing/failing-output.test.support.ts';
import { requests, TEST_EVENT } from '../../testing/requests.test.support.ts';
import { TRACE_UUID } from '../../testing/test-ring.test.support.ts';
import { type FileOutput, systemOutput } from './file-calls.ts';
import { TraceWriter } from './trace-writer.ts';

const LATER_OFFSET_NS = '1800000000123456789';

let root: string;
let writers: TraceWriter[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-writer-'));
  writers = [];
});
afterEach(() => {
  for (const writer of writers) writer.close();
  rmSync(root, { recursive: true, force: true });
});

/** A writer that has been told all there is to know. */
function makeWriter(format: TraceFormat, output: FileOutput = systemOutput): TraceWriter {
  const [openTrace, openChannel] = requests(root).setUp;
  const writer = new TraceWriter({ ...openTrace, format }, output);
  writers.push(writer);
  writer.addChannel(openChannel);
  writer.addEvents(0, [{ id: 0, spec: parseEventSpec(TEST_EVENT) }]);
  return writer;
}

const path = () => join(root, 'out/ust/uid/0/64-bit/metadata');
const content = () => readFileSync(path(), 'utf8');
const copy = () => readFileSync(join(root, 'metadata'), 'utf8');
const traceClass = () => parseMetadata(readFileSync(path()));

describe.each(['ctf-1.8', 'ctf-2'] as const)('metadata as %s', (format) => {
  it('describes trace, clock, data streams and events', () => {
    makeWriter(format);
    expect(traceClass()).toMatchObject({
      uuid: TRACE_UUID,
      clockClasses: [{ name: 'monotonic', frequency: 1_000_000_000n, offsetSeconds: 1_700_000_000n, offsetCycles: 0n }],
      dataStreamClasses: [{ id: 0n, eventRecordClasses: [{ id: 0n, name: 'test:number', logLevel: 13 }] }],
    });
    expect(copy()).toBe(content());
  });

  it('is the same after the next consumer was told everything again', () => {
    makeWriter(format);
    const former = content();
    makeWriter(format);
    expect(content()).toBe(former);
  });

  it.each([1, 20])('is whole again after a consumer that died %i bytes before the end of a block', (missing) => {
    makeWriter(format);
    const whole = content();
    const last = whole.slice(
      whole.lastIndexOf(format === 'ctf-2' ? '\u001e' : '\nevent {') + (format === 'ctf-2' ? 0 : 1),
    );
    appendFileSync(path(), last.replace('test:number', 'test:torn').slice(0, -missing));
    makeWriter(format);
    expect(content()).toBe(whole);
  });

  it('gets another clock offset in one step, and keeps it when the next consumer is told of the old one', () => {
    const writer = makeWriter(format);
    const former = content();
    writer.setClockOffset(LATER_OFFSET_NS);
    const later = content();
    expect(traceClass()).toMatchObject({
      clockClasses: [{ offsetSeconds: 1_800_000_000n, offsetCycles: 123_456_789n }],
      dataStreamClasses: [{ eventRecordClasses: [{ name: 'test:number' }] }],
    });
    expect(later.length).toBeGreaterThan(former.length - 20);
    expect([copy(), existsSync(`${path()}.new`)]).toEqual([later, false]);
    const next = makeWriter(format);
    expect(content()).toBe(later);
    next.setClockOffset(LATER_OFFSET_NS);
    expect([content(), copy()]).toEqual([later, later]);
    next.prepareChunk(join(root, 'out/next'));
    expect(readFileSync(join(root, 'out/next/ust/uid/0/64-bit/metadata'), 'utf8')).toBe(later);
  });

  it('is as it was when the disk is full while the offset changes, and is changed when that is repeated', () => {
    const output = failingOutput();
    const writer = makeWriter(format, output);
    const former = content();
    for (let bytes = 0; bytes < former.length; bytes += 101) {
      output.failAfter(bytes, 'ENOSPC');
      expect(() => writer.setClockOffset(LATER_OFFSET_NS)).toThrowError(
        expect.objectContaining({ code: 'NOT_WRITTEN' }),
      );
      expect([content(), existsSync(`${path()}.new`)]).toEqual([former, false]);
    }
    output.recover();
    writer.setClockOffset(LATER_OFFSET_NS);
    const spec = { ...TEST_EVENT, name: 'test:later' };
    writer.addEvents(0, [{ id: 1, spec: parseEventSpec(spec) }]);
    expect(traceClass()).toMatchObject({
      clockClasses: [{ offsetSeconds: 1_800_000_000n }],
      dataStreamClasses: [{ eventRecordClasses: [{ name: 'test:number' }, { name: 'test:later' }] }],
    });
  });

  it('of another trace is left alone', () => {
    makeWriter(format);
    const former = content();
    const [openTrace] = requests(root).setUp;
    const other = { ...openTrace, format, uuid: TRACE_UUID.replace('0', 'f'), ringDirectory: null };
    expect(() => new TraceWriter(other, systemOutput)).toThrowError(/describes another trace/);
    expect(content()).toBe(former);
  });
});
