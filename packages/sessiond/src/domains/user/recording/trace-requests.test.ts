import { DEFAULT_CHANNEL, directoryAt } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import type { SessionParameters } from '../../../model/session.ts';
import { TestSessions } from '../../../testing/test-sessions.test.support.ts';
import { processOf, threadOf } from '../../../testing/threads.test.support.ts';
import { openChannelRequest, openTraceRequest } from './trace-requests.ts';

describe('commands of a trace', () => {
  const sessions = new TestSessions();
  const { channels, traces } = sessions.parts;
  const create = (name: string, more: Partial<SessionParameters> = {}) =>
    sessions.create(name, { owner: { uid: 7, gid: 8 }, ...more });
  const part = create('s', { output: directoryAt('/out') });
  channels.enable(part, DEFAULT_CHANNEL);
  const trace = traces.ensure(part, threadOf(1000));

  it("tell where it is, its clock and LTTng's environment", () => {
    const command = openTraceRequest(trace, 'host');
    expect(command).toMatchObject({
      type: 'open-trace',
      session: 's',
      output: { kind: 'directory', path: '/out' },
      tracePath: 'ust/uid/1000/64-bit',
      owner: { uid: 7, gid: 8 },
      ringDirectory: null,
      uuid: 'uuid-1',
      clockFrequencyHz: '1000000000',
      clockOffsetNs: '5',
    });
    const environment = Object.fromEntries(command.environment);
    expect(Object.keys(environment)).toEqual([
      'domain',
      'tracer_name',
      'tracer_major',
      'tracer_minor',
      'tracer_patchlevel',
      'tracer_buffering_scheme',
      'tracer_buffering_id',
      'architecture_bit_width',
      'trace_name',
      'trace_creation_datetime',
      'hostname',
    ]);
    expect(environment).toMatchObject({ domain: 'ust', tracer_name: 'ringtail', tracer_buffering_id: 1000 });
  });

  it('tell where a flight recorder without an output has its snapshots go', () => {
    const created = create('r', { output: null, snapshot: true });
    const { archive } = created.session;
    const at = () => openTraceRequest(traces.ensure(created, threadOf(1000)), 'host').output;
    channels.enable(created, DEFAULT_CHANNEL);
    expect(at()).toBe(null);
    archive.addOutput({ name: 'first', path: '/first', maxBytes: 1 });
    archive.addOutput({ name: 'second', path: '/second', maxBytes: null });
    expect(at()).toEqual({ kind: 'directory', path: '/first' });
  });

  it('tell of the process that a trace is of', () => {
    const other = create('p');
    channels.enable(other, { ...DEFAULT_CHANNEL, ownership: 'process' });
    const command = openTraceRequest(traces.ensure(other, threadOf(1000, processOf(77, 'a/../b c'))), 'host');
    expect(command.tracePath).toMatch(/^ust\/pid\/a_\.\._b_c-77-19\d{6}-\d{6}$/);
    const environment = Object.fromEntries(command.environment);
    expect(environment).toMatchObject({
      tracer_buffering_scheme: 'pid',
      tracer_buffering_id: 77,
      vpid: 77,
      procname: 'a/../b c',
    });
    expect(environment.vpid_datetime).toMatch(/^19\d{6}T\d{6}[+-]\d{4}$/);
  });

  it('tell each channel of it', () => {
    const [channel] = trace.channels.values();
    expect(openChannelRequest(channel!)).toEqual({
      type: 'open-channel',
      trace: trace.key,
      channel: channel!.key,
      streamClassId: 0,
      attributes: DEFAULT_CHANNEL,
      contexts: [],
      producer: 'thread',
    });
  });
});
