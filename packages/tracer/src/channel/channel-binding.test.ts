import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPosix, type Posix } from '@ringtail/posix';
import type { AppReply, DesiredChannel } from '@ringtail/protocol';
import { ConsumerLine } from '@ringtail/ringbuf';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlFile } from '../control/control-file.ts';
import { CounterSpace } from '../control/counter-space.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { RecorderTarget } from '../recorder/recorder-plan.ts';
import type { Site } from '../recorder/tracepoint-function.ts';
import { ChannelBinding } from './channel-binding.ts';

const posix = (loadPosix() as { posix: Posix }).posix;
const SITE: Site = { event: { name: 'a:b', logLevel: 13, fields: [] }, off: 0, on: -1, record: () => {} };
const SUB_BUF_BYTES = 4096;

/** @param ids in the daemon's answer to each declaration */
function bind(ids: unknown): { readonly binding: ChannelBinding; readonly wakePath: string } {
  const directory = mkdtempSync(join(tmpdir(), 'rt-binding-'));
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => {
    posix.closeFd(control.fd);
    rmSync(directory, { recursive: true, force: true });
  });
  const wakePath = join(directory, 'wake');
  writeFileSync(wakePath, '');
  const desired: DesiredChannel = {
    key: 1,
    session: 's',
    name: 'channel0',
    traceUuid: '01234567-89ab-cdef-0123-456789abcdef',
    streamClassId: 0,
    header: 'compact',
    mode: 'discard',
    subBufBytes: SUB_BUF_BYTES,
    subBufCount: 4,
    clock: 'monotonic',
    ringDirectory: null,
    wakePath,
    blockingTimeoutUs: 0,
    preallocation: 'on-demand',
    contexts: [],
    statedump: 0,
    reclaim: 0,
    reclaimUntil: 0,
    filterCounters: null,
    rules: [{ pattern: '*' }],
  };
  const request = () => ({ message: { type: 'declared', ids } as AppReply });
  const link = { slot: 0, isOpen: true, send: () => true, request } as unknown as DaemonLink;
  const binding = new ChannelBinding(link, desired, { pid: 1, tid: 1, procname: 'test' }, new CounterSpace(control));
  onTestFinished(() => binding.retire());
  return { binding, wakePath };
}

/** Files that this process has open. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
}

describe('a channel of a thread', () => {
  it('records events under the identifiers that the daemon gives', () => {
    expect(bind([7]).binding.target(SITE, [SITE])).toMatchObject({ id: 7, header: 'compact' });
  });

  // They become source text.
  it.each([[['0); throw 1; (0']], [[-1]], [[0.5]], [[2 ** 32]], [[null]], [[]], [undefined], ['7']])(
    'records nothing where the daemon answers %j, which are no identifiers',
    (ids) => {
      expect(bind(ids).binding.target(SITE, [SITE])).toBe('later');
    },
  );

  it('wakes the consumer and keeps no descriptor, whose number an application could close and use for a file', () => {
    const { binding, wakePath } = bind([0]);
    const { ring } = binding.target(SITE, [SITE]) as RecorderTarget;
    ring.u32[ConsumerLine.WAKE_REQUESTED / 4] = 1;
    ring.makeRoom(SUB_BUF_BYTES, 1);
    expect(readFileSync(wakePath)).toEqual(Buffer.from([1]));
    expect(openFiles()).not.toContain(wakePath);
  });
});
