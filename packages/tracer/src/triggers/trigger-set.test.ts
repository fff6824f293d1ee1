import type { EventSpec } from '@ringtail/ctf';
import { loadPosix, type Posix } from '@ringtail/posix';
import type { AppMessage, DesiredTrigger } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlFile } from '../control/control-file.ts';
import { CounterSpace } from '../control/counter-space.ts';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import { TriggerSet } from './trigger-set.ts';

const posix = (loadPosix() as { posix: Posix }).posix;

function setUp() {
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => posix.closeFd(control.fd));
  const sent: AppMessage[] = [];
  const send = (message: AppMessage) => sent.push(message) > 0;
  const link = (slot: number) => ({ slot, isOpen: true, send, trySend: send }) as unknown as DaemonLink;
  const set = new TriggerSet({ now: () => 0, later: () => {} });
  const counters = new CounterSpace(control);
  /** A tracepoint has one description as long as it lives. */
  const events = new Map<string, EventSpec>();
  const targetsFor = (name: string, logLevel = 13) => {
    const event = events.get(name) ?? { name, logLevel, fields: [] };
    events.set(name, event);
    return set.targetsFor(event, counters);
  };
  const add = (to: DaemonLink, ...added: readonly DesiredTrigger[]) => {
    const changes = new Map(added.map((trigger) => [trigger.key, JSON.stringify(trigger)]));
    set.update(to, { isWhole: false, changes });
  };
  const remove = (from: DaemonLink, ...removed: readonly number[]) =>
    set.update(from, { isWhole: false, changes: new Map(removed.map((key) => [key, undefined])) });
  return { set, sent, link, targetsFor, add, remove };
}

function desired(key: number, pattern: string, more: Partial<DesiredTrigger> = {}): DesiredTrigger {
  return { key, rule: { pattern }, counter: 0, keys: [], reports: { captures: [], missed: 2 }, ...more };
}

describe('the triggers of a thread', () => {
  it('have targets for events that their rules match, and for no others', () => {
    const { set, link, targetsFor, add } = setUp();
    const one = link(0);
    add(
      one,
      desired(1, 'shop:order'),
      desired(2, 'shop:*'),
      desired(3, '*', { rule: { pattern: '*', exclude: ['shop:*'] } }),
      desired(4, '*', { rule: { pattern: '*', logLevel: { from: 0, to: 4 } } }),
      desired(5, 'shop:\\*'),
    );
    expect(targetsFor('shop:order')).toHaveLength(2);
    expect(targetsFor('shop:pay', 3)).toHaveLength(2);
    expect(targetsFor('shop:*')).toHaveLength(2);
    expect(targetsFor('other:order')).toHaveLength(1);
    set.update(one, { isWhole: true, changes: new Map() });
    expect(targetsFor('shop:order')).toEqual([]);
  });

  it('are added and removed one by one, and leave the list of an event that they do not match', () => {
    const { link, targetsFor, add, remove } = setUp();
    const one = link(0);
    add(one, desired(1, 'a:b'), desired(2, 'a:*'));
    const before = targetsFor('a:b');
    expect(before).toHaveLength(2);
    add(one, desired(3, 'a:c'), desired(4, 'x:*'));
    expect(targetsFor('a:b')).toBe(before);
    remove(one, 3, 4);
    expect(targetsFor('a:b')).toBe(before);
    const others = Array.from({ length: 300 }, (_, i) => desired(100 + i, 'x:*'));
    add(one, ...others);
    remove(one, ...others.map(({ key }) => key));
    expect(targetsFor('a:b')).toBe(before);
    add(one, desired(5, 'a:b'), desired(6, 'a:*'));
    expect(targetsFor('a:b').filter((target) => before.includes(target))).toEqual(before);
    expect(targetsFor('a:b')).toHaveLength(4);
    remove(one, 1, 5, 2);
    expect(targetsFor('a:b')).toHaveLength(1);
    remove(one, 6);
    expect(targetsFor('a:b')).toEqual([]);
    expect(targetsFor('a:c')).toEqual([]);
  });

  it('keep gathered matches while they stay, and report them when they are removed', () => {
    const { set, sent, link, targetsFor, add, remove } = setUp();
    const one = link(0);
    const stays = desired(1, 'a:b');
    add(one, stays, desired(2, 'a:b'), desired(3, 'a:b'));
    for (let i = 0; i < 50; i++) for (const { reports } of targetsFor('a:b')) reports?.matched([i]);
    expect(sent).toHaveLength(30);
    remove(one, 2);
    expect(sent[30]).toMatchObject({ type: 'trigger-matched', trigger: 2, matches: 40, captures: [49] });
    set.update(one, { isWhole: true, changes: new Map([[1, JSON.stringify(stays)]]) });
    expect(sent[31]).toMatchObject({ type: 'trigger-matched', trigger: 3, matches: 40 });
    set.flush();
    expect(sent[32]).toMatchObject({ type: 'trigger-matched', trigger: 1, matches: 40 });
    expect(sent).toHaveLength(33);
  });

  it('of two daemons are apart, even under equal keys', () => {
    const { set, link, targetsFor, add } = setUp();
    const [one, other] = [link(0), link(1)];
    for (const each of [one, other]) add(each, desired(1, 'a:b'));
    expect(new Set(targetsFor('a:b').map(({ reports }) => reports)).size).toBe(2);
    set.retain([other]);
    expect(targetsFor('a:b')).toHaveLength(1);
    set.forget(other);
    expect(targetsFor('a:b')).toEqual([]);
  });

  it('that cannot be evaluated are reported once, at the first event, and left out', () => {
    const { sent, link, targetsFor, add } = setUp();
    add(link(0), desired(1, 'a:b', { rule: { pattern: 'a:b', filter: '(' } }));
    expect(targetsFor('a:c')).toEqual([]);
    expect(sent).toEqual([]);
    for (let i = 0; i < 2; i++) expect(targetsFor('a:b')).toEqual([]);
    expect(sent).toMatchObject([{ type: 'trouble', code: 'BAD_FILTER' }]);
  });

  it('that can neither count nor report have no targets', () => {
    const { sent, link, targetsFor, add } = setUp();
    add(link(0), desired(1, 'a:*', { reports: null, counter: 1 }));
    expect(targetsFor('a:b')).toEqual([]);
    expect(targetsFor('a:c')).toEqual([]);
    expect(sent).toMatchObject([{ type: 'trouble', code: 'NO_COUNTER' }]);
  });

  it('of which an event counts once share a counter of each key', () => {
    const { sent, link, targetsFor, add } = setUp();
    const one = link(0);
    const counting = (key: number, pattern: string, template: string, scope: number) =>
      desired(key, pattern, { reports: null, keys: [{ group: 10 + key, scope, template }] });
    add(
      one,
      counting(1, 'a:*', '{event_name}', 99),
      counting(2, 'a:b', 'a:b', 99),
      counting(3, 'a:b', 'other', 99),
      counting(4, 'a:*', '{event_name}', 98),
      counting(5, 'a:*', '{event_name}', 97),
    );
    const shared = targetsFor('a:b').map(({ keys }) => keys[0]);
    // Triggers about one name come first: those with the keys 2, 3, 1, 4 and 5.
    expect(shared[0]).toBe(shared[2]);
    expect(new Set(shared).size).toBe(4);
    const announced = () => sent.flatMap((message) => (message.type === 'counters' ? message.counters : []));
    expect(announced()).toEqual([
      { index: shared[0]?.index, group: 12, key: 'a:b', start: 0 },
      { index: shared[1]?.index, group: 13, key: 'other', start: 0 },
      { index: shared[3]?.index, group: 14, key: 'a:b', start: 0 },
      { index: shared[4]?.index, group: 15, key: 'a:b', start: 0 },
    ]);
    expect(new Set(announced().map(({ index }) => index)).size).toBe(4);
  });

  it('leave their counters to later triggers', () => {
    const { sent, link, targetsFor, add, remove } = setUp();
    const one = link(0);
    for (let round = 0; round < 40; round++) {
      const pair = [2 * round, 2 * round + 1];
      const counting = (key: number) =>
        desired(key, 'a:*', { reports: null, keys: [{ group: key, scope: key, template: '{event_name}' }] });
      add(one, ...pair.map(counting));
      for (let i = 0; i < 64; i++) expect(targetsFor(`a:b${i}`)).toHaveLength(2);
      remove(one, ...pair);
    }
    expect(sent.filter(({ type }) => type === 'trouble')).toEqual([]);
  });

  it('may be a thousand, and an event finds its own', () => {
    const { link, targetsFor, add, remove } = setUp();
    const one = link(0);
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
    add(one, ...range(0, 900).map((key) => desired(key, `a:b${key}`)));
    add(one, ...range(0, 100).map((i) => desired(900 + i, `*:b${i}`)));
    for (const i of range(0, 100)) expect(targetsFor(`a:b${i}`)).toHaveLength(2);
    for (const i of range(100, 900)) expect(targetsFor(`a:b${i}`)).toHaveLength(1);
    remove(one, ...range(0, 1000));
    for (const i of range(0, 900)) expect(targetsFor(`a:b${i}`)).toEqual([]);
  });
});
