import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseMetadata } from '@ringtail/ctf';
import type { JsonValue, OpenTraceRequest, TraceFormat } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileCalls, systemCalls } from '../output/files/file-calls.ts';
import { FileOutput } from '../output/files/file-output.ts';
import { MetadataCopy } from '../output/files/metadata-copy.ts';
import { temporaryNameOf } from '../output/files/metadata-file.ts';
import { atOnce } from '../output/sync-or-async.ts';
import { failingCalls } from '../testing/failing-calls.test.support.ts';
import { requests, TEST_EVENT } from '../testing/requests.test.support.ts';
import { TRACE_UUID } from '../testing/test-ring.test.support.ts';
import { TraceMetadata } from './trace-metadata.ts';
import { EVENT_DESCRIPTIONS } from './trace-model.ts';

const LATER_OFFSET_NS = '1800000000123456789';

let root: string;
let opened: TraceMetadata[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-metadata-'));
  opened = [];
});
afterEach(() => {
  for (const metadata of opened) metadata.close();
  rmSync(root, { recursive: true, force: true });
});

/** Opens a trace in files, as a consumer does. */
function openTrace(request: OpenTraceRequest, calls: FileCalls) {
  const { tracePath, uuid, owner, ringDirectory } = request;
  const output = new FileOutput({ directory: join(root, 'out'), owner, calls, onProblem: () => {} });
  const metadata = new TraceMetadata(request, output.formerMetadata(tracePath));
  opened.push(metadata);
  const trace = output.openTrace({ tracePath, uuid, metadata: metadata.text });
  metadata.writeTo(trace);
  if (ringDirectory !== null) {
    metadata.writeTo(new MetadataCopy(ringDirectory, request, metadata.text.prologue, calls));
  }
  return { metadata, trace };
}

/** A trace with its channel and its event. */
function makeTrace(format: TraceFormat, calls: FileCalls = systemCalls) {
  const [request, openChannel] = requests(root).setUp;
  const { metadata, trace } = openTrace({ ...request, format }, calls);
  atOnce(metadata.addChannel(openChannel));
  const addEvent = (id: number, spec: Record<string, JsonValue>) =>
    atOnce(metadata.addEvents(0, [EVENT_DESCRIPTIONS.thread(spec).classOf(BigInt(id))]));
  addEvent(0, TEST_EVENT);
  const addProgram = (pid: number, program: string) => atOnce(metadata.addProgram(pid, program));
  return {
    trace,
    addEvent,
    addProgram,
    setClockOffset: (offsetNs: string) => atOnce(metadata.setClockOffset(offsetNs)),
  };
}

const path = () => join(root, 'out/ust/uid/0/64-bit/metadata');
const content = () => readFileSync(path(), 'utf8');
const copy = () => readFileSync(join(root, 'metadata'), 'utf8');
const traceClass = () => parseMetadata(readFileSync(path()));

describe.each(['ctf-1.8', 'ctf-2'] as const)('metadata as %s', (format) => {
  it('describes trace, clock, data streams and events', () => {
    makeTrace(format);
    expect(traceClass()).toMatchObject({
      uuid: TRACE_UUID,
      clockClasses: [{ name: 'monotonic', frequency: 1_000_000_000n, offsetSeconds: 1_700_000_000n, offsetCycles: 0n }],
      dataStreamClasses: [{ id: 0n, eventRecordClasses: [{ id: 0n, name: 'test:number', logLevel: 13 }] }],
    });
    expect(copy()).toBe(content());
  });

  it('is the same after all requests were repeated to the next consumer', () => {
    makeTrace(format);
    const former = content();
    makeTrace(format);
    expect(content()).toBe(former);
  });

  it.each([1, 20])('is whole again after a consumer that died %i bytes before the end of a block', (missing) => {
    makeTrace(format);
    const whole = content();
    const last = whole.slice(
      whole.lastIndexOf(format === 'ctf-2' ? '\u001e' : '\nevent {') + (format === 'ctf-2' ? 0 : 1),
    );
    appendFileSync(path(), last.replace('test:number', 'test:torn').slice(0, -missing));
    makeTrace(format);
    expect(content()).toBe(whole);
  });

  it('gets another clock offset in one step, and keeps it when the old one is repeated to the next consumer', () => {
    const trace = makeTrace(format);
    const former = content();
    trace.setClockOffset(LATER_OFFSET_NS);
    const later = content();
    expect(traceClass()).toMatchObject({
      clockClasses: [{ offsetSeconds: 1_800_000_000n, offsetCycles: 123_456_789n }],
      dataStreamClasses: [{ eventRecordClasses: [{ name: 'test:number' }] }],
    });
    expect(later.length).toBeGreaterThan(former.length - 20);
    expect([copy(), existsSync(temporaryNameOf(path()))]).toEqual([later, false]);
    const next = makeTrace(format);
    expect(content()).toBe(later);
    next.setClockOffset(LATER_OFFSET_NS);
    expect([content(), copy()]).toEqual([later, later]);
    next.trace.prepareChunk(join(root, 'out/next'));
    expect(readFileSync(join(root, 'out/next/ust/uid/0/64-bit/metadata'), 'utf8')).toBe(later);
  });

  it('is as it was when the disk is full while the offset changes, and is changed when that is repeated', () => {
    const calls = failingCalls();
    const trace = makeTrace(format, calls);
    const former = content();
    for (let bytes = 0; bytes < former.length; bytes += 101) {
      calls.failAfter(bytes, 'ENOSPC');
      expect(() => trace.setClockOffset(LATER_OFFSET_NS)).toThrowError(
        expect.objectContaining({ code: 'NOT_WRITTEN' }),
      );
      expect([content(), existsSync(temporaryNameOf(path()))]).toEqual([former, false]);
    }
    calls.recover();
    trace.setClockOffset(LATER_OFFSET_NS);
    const spec = { ...TEST_EVENT, name: 'test:later' };
    trace.addEvent(1, spec);
    expect(traceClass()).toMatchObject({
      clockClasses: [{ offsetSeconds: 1_800_000_000n }],
      dataStreamClasses: [{ eventRecordClasses: [{ name: 'test:number' }, { name: 'test:later' }] }],
    });
  });

  it('of another trace is left alone', () => {
    makeTrace(format);
    const former = content();
    const [request] = requests(root).setUp;
    const other = { ...request, format, uuid: TRACE_UUID.replace('0', 'f'), ringDirectory: null };
    expect(() => openTrace(other, systemCalls)).toThrowError(/describes another trace/);
    expect(content()).toBe(former);
  });
});

describe('programs in the environment', () => {
  it('are named by the numbers of their processes, each once, and stay with another clock offset', () => {
    const trace = makeTrace('ctf-1.8');
    trace.addProgram(10, 'worker.js');
    trace.addProgram(11, '"; };\n');
    trace.addProgram(10, '@acme/shop/server.js');
    const whole = content();
    trace.addProgram(10, '@acme/shop/server.js');
    expect([content(), copy()]).toEqual([whole, whole]);
    const named = [...traceClass().environment].filter(([name]) => name.startsWith('program_'));
    expect(named).toEqual([
      ['program_10', '@acme/shop/server.js'],
      ['program_11', '"; };\n'],
    ]);
    trace.setClockOffset(LATER_OFFSET_NS);
    expect(traceClass().environment.get('program_10')).toBe('@acme/shop/server.js');
    expect(traceClass().dataStreamClasses[0]?.eventRecordClasses).toHaveLength(1);
  });

  it('are bounded, whatever the number of short programs', () => {
    const trace = makeTrace('ctf-1.8');
    for (let pid = 1; pid <= 5000; pid++) trace.addProgram(pid, 'short.js');
    expect([...traceClass().environment.keys()].filter((name) => name.startsWith('program_'))).toHaveLength(4096);
  });

  it('are left out of CTF 2, whose trace class is complete from the start', () => {
    const trace = makeTrace('ctf-2');
    const before = content();
    trace.addProgram(10, 'server.js');
    expect(content()).toBe(before);
  });
});
