import { readSync } from 'node:fs';
import { loadPosix, type Posix } from '@ringtail/posix';
import {
  type AppMessage,
  CONTROL_COUNTER_COUNT,
  CONTROL_COUNTERS_OFFSET,
  CONTROL_KEY_COUNTERS_FROM,
} from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlFile } from './control-file.ts';
import { CounterSpace } from './counter-space.ts';
import type { DaemonLink } from './daemon-link.ts';

const posix = (loadPosix() as { posix: Posix }).posix;

function setUp(slot = 0) {
  const control = ControlFile.create(posix, 1);
  onTestFinished(() => posix.closeFd(control.fd));
  const sent: AppMessage[] = [];
  const link = { slot, send: (message: AppMessage) => sent.push(message) > 0 } as unknown as DaemonLink;
  return { control, sent, link, space: new CounterSpace(control) };
}

/** As a daemon sees it. */
function read({ fd }: ControlFile, index: number): number {
  const word = Buffer.alloc(8);
  readSync(fd, word, 0, 8, CONTROL_COUNTERS_OFFSET + index * 8);
  return word.readDoubleLE(0);
}

describe('the counters of a thread', () => {
  it('are read by daemons where the protocol says', () => {
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
    const { space, sent, link } = setUp(1);
    const key = (map: number, template: string) => ({ map, template });
    const names = ['shop:order', 'shop:pay', 'shop:order'];
    const indexes = names.map((name) => space.counterFor(link, key(3, 'n/{event_name}'), name)?.index);
    expect(indexes).toEqual([0, 2, 0].map((more) => CONTROL_KEY_COUNTERS_FROM + 1 + more));
    expect(space.counterFor(link, key(3, '{provider_name}'), 'shop:pay')?.index).toBe(CONTROL_KEY_COUNTERS_FROM + 5);
    expect(space.counterFor(link, key(3, '{provider_name}'), 'shop:order')?.index).toBe(CONTROL_KEY_COUNTERS_FROM + 5);
    expect(sent.flatMap((message) => (message.type === 'counters' ? message.counters : []))).toEqual([
      { index: CONTROL_KEY_COUNTERS_FROM + 1, map: 3, key: 'n/shop:order' },
      { index: CONTROL_KEY_COUNTERS_FROM + 3, map: 3, key: 'n/shop:pay' },
      { index: CONTROL_KEY_COUNTERS_FROM + 5, map: 3, key: 'shop' },
    ]);
  });

  it('are announced anew to the next daemon', () => {
    const { space, sent, link } = setUp();
    space.counterFor(link, { map: 1, template: 'k' }, 'a:b');
    space.forget(0);
    space.counterFor(link, { map: 1, template: 'k' }, 'a:b');
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
  });

  it('end at the last of the slot', () => {
    const { space, link } = setUp();
    const count = (CONTROL_COUNTER_COUNT - CONTROL_KEY_COUNTERS_FROM) / 2;
    const counters = Array.from({ length: count + 1 }, (_, i) =>
      space.counterFor(link, { map: i, template: 'k' }, 'a:b'),
    );
    expect(counters.filter((counter) => counter === undefined)).toHaveLength(1);
    expect(counters.at(-1)).toBeUndefined();
  });
});
