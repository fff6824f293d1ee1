import type { EventSpec } from '@ringtail/ctf';
import { loadPosix, type Posix } from '@ringtail/posix';
import type { AppMessage, DesiredTrigger } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlFile } from '../agent/control-file.ts';
import { CounterSpace } from '../agent/counter-space.ts';
import type { DaemonLink } from '../agent/daemon-link.ts';
import { TriggerSet } from './trigger-set.ts';

const posix = (loadPosix() as { posix: Posix }).posix;

function setUp() {
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => posix.closeFd(control.fd));
  const sent: AppMessage[] = [];
  const send = (message: AppMessage) => sent.push(message) > 0;
  const link = (slot: number) => ({ slot, isOpen: true, send, trySend: send }) as unknown as DaemonLink;
  const set = new TriggerSet();
  const counters = new CounterSpace(control);
  const targetsFor = (name: string, logLevel = 13) =>
    set.targetsFor({ name, logLevel, fields: [] } satisfies EventSpec, counters);
  return { set, sent, link, targetsFor };
}

function desired(key: number, pattern: string, more: Partial<DesiredTrigger> = {}): DesiredTrigger {
  return { key, rule: { pattern }, captures: [], counter: null, ...more };
}

describe('the triggers of a thread', () => {
  it('look at what their rules take, and at nothing else', () => {
    const { set, link, targetsFor } = setUp();
    const one = link(0);
    set.update([
      { link: one, desired: desired(1, 'shop:order') },
      { link: one, desired: desired(2, 'shop:*') },
      { link: one, desired: desired(3, '*', { rule: { pattern: '*', exclude: ['shop:*'] } }) },
      { link: one, desired: desired(4, '*', { rule: { pattern: '*', logLevel: { from: 0, to: 4 } } }) },
      { link: one, desired: desired(5, 'shop:\\*') },
    ]);
    expect(targetsFor('shop:order')).toHaveLength(2);
    expect(targetsFor('shop:pay', 3)).toHaveLength(2);
    expect(targetsFor('shop:*')).toHaveLength(2);
    expect(targetsFor('other:order')).toHaveLength(1);
    set.update([]);
    expect(targetsFor('shop:order')).toEqual([]);
  });

  it('keep what they have gathered while they stay, and tell it when they go', () => {
    const { set, sent, link, targetsFor } = setUp();
    const one = link(0);
    const stays = { link: one, desired: desired(1, 'a:b') };
    set.update([stays, { link: one, desired: desired(2, 'a:b') }]);
    for (let i = 0; i < 50; i++) for (const { reports } of targetsFor('a:b')) reports?.matched([i]);
    expect(sent).toHaveLength(20);
    set.update([stays]);
    expect(sent).toHaveLength(21);
    expect(sent[20]).toMatchObject({ type: 'trigger-matched', trigger: 2, matches: 40, captures: [49] });
    set.flush();
    expect(sent[21]).toMatchObject({ type: 'trigger-matched', trigger: 1, matches: 40 });
  });

  it('of two daemons are apart, whatever their numbers are', () => {
    const { set, link, targetsFor } = setUp();
    set.update([link(0), link(1)].map((one) => ({ link: one, desired: desired(1, 'a:b') })));
    expect(new Set(targetsFor('a:b').map(({ reports }) => reports)).size).toBe(2);
  });

  it('that say another thing under the same number, or to another daemon, are others', () => {
    const { set, link, targetsFor } = setUp();
    const one = link(0);
    set.update([{ link: one, desired: desired(1, 'a:b') }]);
    const before = targetsFor('a:b')[0]?.reports;
    set.update([{ link: one, desired: desired(1, 'a:b') }]);
    expect(targetsFor('a:b')[0]?.reports).toBe(before);
    set.update([{ link: link(0), desired: desired(1, 'a:b') }]);
    expect(targetsFor('a:b')[0]?.reports).not.toBe(before);
    set.update([{ link: one, desired: desired(1, 'a:c') }]);
    expect(targetsFor('a:b')).toEqual([]);
  });

  it('that cannot be evaluated are told once and left out', () => {
    const { set, sent, link, targetsFor } = setUp();
    const broken = { link: link(0), desired: desired(1, 'a:b', { rule: { pattern: 'a:b', filter: '(' } }) };
    set.update([broken]);
    set.update([broken]);
    expect(targetsFor('a:b')).toEqual([]);
    expect(sent).toMatchObject([{ type: 'trouble', code: 'BAD_FILTER' }]);
  });

  it('that can neither count nor tell are nothing that an event is looked at for', () => {
    const { set, sent, link, targetsFor } = setUp();
    set.update([{ link: link(0), desired: desired(1, 'a:*', { captures: null, counter: { index: 1 } }) }]);
    expect(targetsFor('a:b')).toEqual([]);
    expect(targetsFor('a:c')).toEqual([]);
    expect(sent).toMatchObject([{ type: 'trouble', code: 'NO_COUNTER' }]);
  });

  it('may be ten thousand, of which an event meets its own', () => {
    const { set, link, targetsFor } = setUp();
    const one = link(0);
    set.update(Array.from({ length: 10_000 }, (_, key) => ({ link: one, desired: desired(key, `a:b${key}`) })));
    for (let i = 0; i < 10_000; i++) expect(targetsFor(`a:b${i}`)).toHaveLength(1);
  });
});
