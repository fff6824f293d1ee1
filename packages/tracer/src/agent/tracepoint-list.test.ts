import type { FieldSpec, NamedFieldSpec } from '@ringtail/ctf';
import { APP_FRAME_BYTES_MAX, checkAppMessage, encodeFrame } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import type { Site } from '../recorder/tracepoint-function.ts';
import { STATEDUMP_SITE_LIST } from '../statedump/statedump-events.ts';
import { describeTracepoints } from './tracepoint-list.ts';

const U8: FieldSpec = { kind: 'integer', signed: false, bits: 8, base: 10 };

function sites(count: number, fields: readonly NamedFieldSpec[] = []): Site[] {
  return Array.from({ length: count }, (_, i) => ({
    event: { name: `provider:event-${i}`, logLevel: 13, fields },
    off: 0,
    on: -1,
    record: () => {},
  }));
}

/** Throws if a daemon would not take it. */
function asMessage(tracepoints: ReturnType<typeof describeTracepoints>) {
  const message = { type: 'tracepoints', tracepoints } as const;
  encodeFrame(message, APP_FRAME_BYTES_MAX);
  return checkAppMessage(JSON.parse(JSON.stringify(message)));
}

describe('the list of tracepoints', () => {
  it('has names, log levels and fields', () => {
    const list = describeTracepoints(sites(2, [{ name: 'x', spec: U8 }]));
    expect(list[1]).toEqual({ name: 'provider:event-1', logLevel: 13, fields: [{ name: 'x', spec: U8 }] });
    expect(asMessage(list)).toEqual({ type: 'tracepoints', tracepoints: list });
  });

  it('has the events of a statedump, in the form that a daemon accepts', () => {
    const list = describeTracepoints(STATEDUMP_SITE_LIST);
    expect(asMessage(list)).toEqual({ type: 'tracepoints', tracepoints: list });
    expect(list.map(({ name }) => name)).toContain('ringtail_statedump:module');
  });

  it('leaves fields out where the message would be too long', () => {
    const fields = Array.from({ length: 100 }, (_, i) => ({ name: `a_field_of_some_length_${i}`, spec: U8 }));
    const list = describeTracepoints(sites(2000, fields));
    asMessage(list);
    expect(list).toHaveLength(2000);
    expect(list[0]?.fields).toHaveLength(100);
    expect(list.at(-1)?.fields).toEqual([]);
  });

  it('leaves tracepoints out where even their names are too many', () => {
    const list = describeTracepoints(sites(80_000));
    asMessage(list);
    expect(list.length).toBeGreaterThan(10_000);
  });
});
