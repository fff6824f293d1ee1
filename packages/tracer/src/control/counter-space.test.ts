import { readSync } from 'node:fs';
import { loadPosix, type Posix } from '@ringtail/posix';
import {
  type AppMessage,
  CONTROL_COUNTER_COUNT,
  CONTROL_COUNTERS_OFFSET,
  CONTROL_KEY_COUNTERS_FROM,
  CONTROL_WRONG_COUNTERS_FROM,
} from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DaemonLink } from '../daemon/daemon-link.ts';
import type { Counter } from '../recorder/recorder-plan.ts';
import { ControlFile } from './control-file.ts';
import { CounterSpace } from './counter-space.ts';

const posix = (loadPosix() as { posix: Posix }).posix;

function setUp(slot = 0) {
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => posix.closeFd(control.fd));
  const sent: AppMessage[] = [];
  const link = { slot, send: (message: AppMessage) => sent.push(message) > 0 } as unknown as DaemonLink;
  const space = new CounterSpace(control);
  const counterFor = (group: number, template: string, eventName: string, held = new Set<string>()) =>
    space.counterFor(link, { group, scope: group, template }, eventName, held);
  const announced = () => sent.flatMap((message) => (message.type === 'counters' ? message.counters : []));
  return { control, space, counterFor, announced };
}

/** Of a slot. */
const KEY_COUNTERS = (CONTROL_WRONG_COUNTERS_FROM - CONTROL_KEY_COUNTERS_FROM) / 2;

function count(counter: Counter | undefined, by: number): void {
  const { f64, index } = counter as Counter;
  (f64[index] as number) += by;
}

/** As a daemon sees it. */
function read({ fd }: ControlFile, index: number): number {
  const word = Buffer.alloc(8);
  readSync(fd, word, 0, 8, CONTROL_COUNTERS_OFFSET + index * 8);
  return word.readDoubleLE(0);
}

describe('the counters of a thread', () => {
  it('are at the place where daemons read them', () => {
    const { control, space } = setUp();
    for (const index of [0, CONTROL_COUNTER_COUNT - 2]) {
      const counter = space.at(0, index);
      (counter?.f64 as Float64Array)[index] = index + 0.5;
      expect(read(control, index)).toBe(index + 0.5);
    }
    expect(read(control, 2)).toBe(0);
    expect(control.generation).toBe(0);
  });

  it.each([1, -2, 0.5, CONTROL_COUNTER_COUNT, Number.NaN, '2'])(
    'are not number %s, for the daemon of slot 0',
    (index) => {
      expect(setUp().space.at(0, index as number)).toBeUndefined();
    },
  );

  it('are numbered for keys, each announced once', () => {
    const { counterFor, announced } = setUp(1);
    const names = ['shop:order', 'shop:pay', 'shop:order'];
    const indexes = names.map((name) => counterFor(3, 'n/{event_name}', name)?.index);
    expect(indexes).toEqual([0, 2, 0].map((more) => CONTROL_KEY_COUNTERS_FROM + 1 + more));
    expect(counterFor(3, '{provider_name}', 'shop:pay')?.index).toBe(CONTROL_KEY_COUNTERS_FROM + 5);
    expect(counterFor(3, '{provider_name}', 'shop:order')?.index).toBe(CONTROL_KEY_COUNTERS_FROM + 5);
    expect(announced()).toEqual([
      { index: CONTROL_KEY_COUNTERS_FROM + 1, group: 3, key: 'n/shop:order', start: 0 },
      { index: CONTROL_KEY_COUNTERS_FROM + 3, group: 3, key: 'n/shop:pay', start: 0 },
      { index: CONTROL_KEY_COUNTERS_FROM + 5, group: 3, key: 'shop', start: 0 },
    ]);
  });

  it('are announced again to the next daemon, with their values', () => {
    const { space, counterFor, announced } = setUp();
    count(counterFor(1, 'k', 'a:b'), 5);
    space.forget(0);
    counterFor(1, 'k', 'a:b');
    expect(announced()).toEqual(
      [0, 5].map((start) => ({ index: CONTROL_KEY_COUNTERS_FROM, group: 1, key: 'k', start })),
    );
  });

  it('end at the last of the slot', () => {
    const { counterFor } = setUp();
    const counters = Array.from({ length: KEY_COUNTERS + 1 }, (_, i) => counterFor(i, 'k', 'a:b'));
    expect(counters.filter((counter) => counter === undefined)).toHaveLength(1);
    expect(counters.at(-1)).toBeUndefined();
  });

  it('of removed triggers are used for other keys once there are no others, the earliest released first', () => {
    const { space, counterFor, announced } = setUp();
    const held = Array.from({ length: KEY_COUNTERS }, () => new Set<string>());
    const counters = held.map((names, i) => counterFor(i, 'k', 'a:b', names));
    // Two triggers have this one.
    const shared = new Set<string>();
    expect(counterFor(3, 'k', 'a:b', shared)?.index).toBe(counters[3]?.index);
    count(counters[5], 7);
    for (const i of [3, 5, 4]) space.giveBack(0, held[i] as Set<string>);
    const given = counterFor(90_000, 'k', 'a:b');
    expect(given?.index).toBe(counters[5]?.index);
    expect(announced().at(-1)).toEqual({ index: given?.index, group: 90_000, key: 'k', start: 7 });
    // It has come again, and goes on where it was.
    expect(counterFor(4, 'k', 'a:b')?.index).toBe(counters[4]?.index);
    expect(counterFor(90_001, 'k', 'a:b')).toBeUndefined();
    expect(announced()).toHaveLength(KEY_COUNTERS + 1);
    space.giveBack(0, shared);
    expect(counterFor(90_001, 'k', 'a:b')?.index).toBe(counters[3]?.index);
  });
});
