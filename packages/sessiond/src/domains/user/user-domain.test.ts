import { type ChannelUse, DEFAULT_CHANNEL } from '@ringtail/protocol';
import { expect, it } from 'vitest';
import { TestSessions } from '../../testing/test-sessions.test.support.ts';
import { threadOf } from '../../testing/threads.test.support.ts';
import { UserDomain } from './user-domain.ts';
import type { UserServices } from './user-services.ts';

it('the use of channels is asked for once a session has traces, in one request, and has the names of channels', async () => {
  const sessions = new TestSessions();
  const { parts } = sessions;
  const part = sessions.create('s');
  for (const name of ['a', 'b']) parts.channels.enable(part, { ...DEFAULT_CHANNEL, name });
  const asked: (readonly number[])[] = [];
  const link = {
    channelUse: async (keys: readonly number[]): Promise<ChannelUse[]> => {
      asked.push(keys);
      return keys.map((channel) => ({ channel, usedBytes: channel, highestBytes: 9, ringBytes: 10 }));
    },
  };
  const domain = new UserDomain({ parts, consumers: { of: () => link } } as unknown as UserServices);
  expect([await domain.channelUse(part.session, null), asked]).toEqual([[], []]);
  for (const uid of [7, 8]) parts.traces.ensure(part, threadOf(uid));
  const namesOf = async (channel: string | null) =>
    (await domain.channelUse(part.session, channel)).map((use) => [use.channel, use.usedBytes]);
  expect(await namesOf(null)).toEqual([
    ['a', 1],
    ['b', 2],
    ['a', 3],
    ['b', 4],
  ]);
  expect(await namesOf('b')).toEqual([
    ['b', 2],
    ['b', 4],
  ]);
  expect(await namesOf('c')).toEqual([]);
  expect(asked).toEqual([
    [1, 2, 3, 4],
    [2, 4],
  ]);
});
