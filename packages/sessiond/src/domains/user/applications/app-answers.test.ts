import type { Posix } from '@ringtail/posix';
import { encodeFrame, type LookMessage } from '@ringtail/protocol';
import { expect, it, onTestFinished } from 'vitest';
import type { SharedPool } from '../../../shares/shared-pool.ts';
import { AppAnswers } from './app-answers.ts';

it('a look that waits to be read stands for further ones, but for those with a turn', () => {
  let held = 0;
  const pool: Pick<SharedPool, 'take' | 'give'> = {
    take(_, bytes) {
      held += bytes;
      return undefined;
    },
    give(_, bytes) {
      held -= bytes;
    },
  };
  let room = 0;
  const answers = new AppAnswers({
    posix: { writeNonBlocking: (_: number, { length }: Buffer) => Math.min(length, room) } as unknown as Posix,
    descriptor: 0,
    uid: 1,
    pool: pool as SharedPool,
    onUnread: () => undefined,
    onPeerGone: () => undefined,
  });
  onTestFinished(() => answers.close());
  const look = (turn: number): LookMessage => ({ type: 'look', turn });
  const bytesOf = (turn: number) => encodeFrame(look(turn), 1000).length;
  for (let i = 0; i < 3; i++) answers.send(look(0));
  expect(held).toBe(bytesOf(0));
  answers.send(look(1));
  answers.send(look(2));
  answers.send(look(0));
  expect(held).toBe(2 * bytesOf(0) + bytesOf(1) + bytesOf(2));
  room = 1000;
  answers.send({ type: 'registered', daemonVersion: '1' });
  expect(held).toBe(0);
  room = 0;
  answers.send(look(0));
  expect(held).toBe(bytesOf(0));
});
