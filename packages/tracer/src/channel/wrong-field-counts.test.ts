import { readSync } from 'node:fs';
import { loadPosix, type Posix } from '@ringtail/posix';
import {
  type AppMessage,
  CONTROL_COUNTER_COUNT,
  CONTROL_COUNTERS_OFFSET,
  CONTROL_WRONG_COUNTERS_FROM,
} from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlFile } from '../control/control-file.ts';
import { CounterSpace } from '../control/counter-space.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import { WrongFieldCountSet } from './wrong-field-counts.ts';

const posix = (loadPosix() as { posix: Posix }).posix;
/** Of a slot. */
const COUNTERS = (CONTROL_COUNTER_COUNT - CONTROL_WRONG_COUNTERS_FROM) / 2;

function setUp(slot = 0) {
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => posix.closeFd(control.fd));
  const daemon = { reads: true, attempts: 0 };
  const sent: AppMessage[] = [];
  const trySend = (message: AppMessage) => {
    daemon.attempts++;
    return daemon.reads && sent.push(message) > 0;
  };
  const link = { slot, trySend } as unknown as DaemonLink;
  const counters = new CounterSpace(control);
  const reports: string[] = [];
  const channel = (key: number) =>
    new WrongFieldCountSet({ link, channel: key, counters, report: (code) => reports.push(code) });
  return { control, counters, daemon, sent, reports, channel };
}

const field = (name: string) => ({ event: 'shop:order', field: name, fieldType: 'u32', first: 'a string' });

/** As a daemon sees it. */
function read({ fd }: ControlFile, index: number): number {
  const word = Buffer.alloc(8);
  readSync(fd, word, 0, 8, CONTROL_COUNTERS_OFFSET + index * 8);
  return word.readDoubleLE(0);
}

describe('counts of wrong values', () => {
  it('are announced with their first value, and then are where daemons read them', () => {
    const { control, sent, channel } = setUp(1);
    const set = channel(5);
    const count = set.countFor(field('id'));
    expect(sent).toEqual([]);
    for (let i = 0; i < 3; i++) count.add();
    const index = CONTROL_WRONG_COUNTERS_FROM + 1;
    expect(sent).toEqual([{ type: 'wrong-value', channel: 5, ...field('id'), index, start: 0 }]);
    expect(read(control, index)).toBe(3);
    expect(set.countFor({ ...field('id'), first: 'an object' })).toBe(count);
    set.countFor(field('who')).add();
    expect(sent[1]).toMatchObject({ field: 'who', index: index + 2 });
  });

  it('go on where the daemon does not read, with few attempts to announce them', () => {
    const { control, daemon, sent, channel } = setUp();
    daemon.reads = false;
    const count = channel(5).countFor(field('id'));
    for (let i = 0; i < 1000; i++) count.add();
    expect(daemon.attempts).toBe(10);
    daemon.reads = true;
    for (let i = 0; i < 1000; i++) count.add();
    expect(sent).toMatchObject([{ start: 0 }]);
    expect(read(control, CONTROL_WRONG_COUNTERS_FROM)).toBe(2000);
  });

  it('use the counters of former channels again, announced with their value', () => {
    const { control, sent, channel } = setUp();
    const former = channel(5);
    former.countFor(field('id')).add();
    former.close();
    channel(6).countFor(field('who')).add();
    expect(sent[1]).toMatchObject({ channel: 6, field: 'who', index: CONTROL_WRONG_COUNTERS_FROM, start: 1 });
    expect(read(control, CONTROL_WRONG_COUNTERS_FROM)).toBe(2);
  });

  it('end with a report once all counters are in use', () => {
    const { sent, reports, channel } = setUp();
    const set = channel(5);
    for (let i = 0; i < COUNTERS + 3; i++) set.countFor(field(`f${i}`)).add();
    expect(sent).toHaveLength(COUNTERS);
    expect(reports).toEqual(['NO_COUNTER']);
  });

  it('of a daemon that is gone do not take counters of its successor', () => {
    const { counters, sent, channel } = setUp();
    const former = channel(5);
    former.countFor(field('id')).add();
    counters.forget(0);
    channel(1).countFor(field('a')).add();
    former.close();
    channel(2).countFor(field('b')).add();
    const indexes = sent.map((message) => (message.type === 'wrong-value' ? message.index : undefined));
    expect(indexes.slice(1)).toEqual([CONTROL_WRONG_COUNTERS_FROM, CONTROL_WRONG_COUNTERS_FROM + 2]);
  });
});
