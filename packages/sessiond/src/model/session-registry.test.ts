import { directoryAt } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { testShares } from '../testing/shares.test.support.ts';
import { createSession } from '../testing/test-sessions.test.support.ts';
import { SessionRegistry } from './session-registry.ts';

function refusal(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('SessionRegistry', () => {
  it('has one session of a name, of a directory of ring files, and within a trace', () => {
    const registry = new SessionRegistry(testShares());
    createSession(registry, 'a', { shmPath: '/shm' });
    expect(() => createSession(registry, 'a')).toThrow(refusal('SESSION_EXISTS'));
    expect(() => createSession(registry, 'b', { shmPath: '/shm' })).toThrow(refusal('OUTPUT_IN_USE'));
    for (const path of ['/out/a/ust', '/out/a/ust/uid', '/out/a/kernel']) {
      expect(() => createSession(registry, 'b', { output: directoryAt(path) })).toThrow(refusal('OUTPUT_IN_USE'));
    }
    createSession(registry, 'c', { output: directoryAt('/out/a/kernels') });
    expect(() => registry.sessionOf('b', { uid: 0, gid: 0 })).toThrow(refusal('NO_SUCH_SESSION'));
  });

  it('knows which directories sessions write their traces to', () => {
    const registry = new SessionRegistry(testShares());
    createSession(registry, 'a');
    createSession(registry, 'b', { snapshot: true });
    expect(['/out/a', '/out/b', '/out/c'].map((path) => registry.reservations.writesTo(directoryAt(path)))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('shows a user their own sessions and root all', () => {
    const registry = new SessionRegistry(testShares());
    createSession(registry, 'mine', { owner: { uid: 7, gid: 7 } });
    createSession(registry, 'theirs', { owner: { uid: 8, gid: 7 } });
    const namesFor = (uid: number) => registry.visibleTo({ uid, gid: 7 }).map(({ name }) => name);
    expect([namesFor(7), namesFor(8), namesFor(9), namesFor(0)]).toEqual([
      ['mine'],
      ['theirs'],
      [],
      ['mine', 'theirs'],
    ]);
    expect(() => registry.sessionOf('theirs', { uid: 7, gid: 7 })).toThrow(refusal('NO_SUCH_SESSION'));
    expect(registry.sessionOf('theirs', { uid: 0, gid: 0 }).name).toBe('theirs');
    const [another, root] = [7, 0].map(
      (uid) => () => createSession(registry, 'theirs', { owner: { uid, gid: uid }, output: directoryAt('/x') }),
    );
    expect(another).toThrow(refusal('NAME_TAKEN'));
    expect(another).toThrow('taken by a session of another user');
    expect(root).toThrow(refusal('NAME_TAKEN'));
    expect(root).toThrow(/a session theirs of user \d+ already/);
  });

  it('starts a stopped session, and stops a started one', () => {
    const registry = new SessionRegistry(testShares());
    const session = createSession(registry, 'a');
    expect(() => registry.stop(session)).toThrow(refusal('ALREADY_STOPPED'));
    registry.start(session);
    expect(() => registry.start(session)).toThrow(refusal('ALREADY_STARTED'));
    registry.stop(session);
    expect(session.active).toBe(false);
  });
});
