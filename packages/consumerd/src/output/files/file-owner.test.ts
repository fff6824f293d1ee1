import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import { asUser } from '@ringtail/posix';
import { directoryAt } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Consumer } from '../../consumer.ts';
import { answerOf } from '../../testing/consumer-scene.test.support.ts';
import { requests } from '../../testing/requests.test.support.ts';
import { TestRing } from '../../testing/test-ring.test.support.ts';
import { systemCalls } from './file-calls.ts';

const OWNER = { uid: 12345, gid: 12346 };
const isRoot = process.geteuid?.() === 0;
if (!isRoot)
  console.warn('SKIPPED: only root can make what it takes: not tested: files that belong to the owner of a session');

let root: string;
let ring: TestRing;
let consumer: Consumer;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-owner-'));
  ring = new TestRing({ directory: root });
  consumer = new Consumer({ calls: systemCalls, timers: new FakeTimers(), log: () => {} });
});
afterEach(() => {
  consumer.close();
  ring.close();
  rmSync(root, { recursive: true, force: true });
});

function setUp(): void {
  const { setUp: commands, openRing } = requests(root);
  const [openTrace, openChannel, declareEvents] = commands;
  for (const command of [
    { ...openTrace, owner: OWNER, ringDirectory: null },
    openChannel,
    declareEvents,
    openRing(1, ring),
  ]) {
    consumer.handle(command);
  }
}

/** Directories that the user can reach and write to. */
function makeOutput(): void {
  chmodSync(root, 0o711);
  mkdirSync(join(root, 'out'));
  chownSync(join(root, 'out'), OWNER.uid, OWNER.gid);
}

describe.skipIf(!isRoot)('files of a session whose owner is not root', () => {
  it('belong to the owner, in archives and in the current chunk', () => {
    makeOutput();
    setUp();
    ring.record(1000);
    consumer.handle({ type: 'rotate', session: 's', archive: directoryAt(join(root, 'out/archives/a')) });
    ring.record(10);
    consumer.handle({ type: 'regenerate-metadata', trace: 1, clockOffsetNs: '1' });
    consumer.handle({ type: 'close-session', session: 's' });
    const paths = readdirSync(join(root, 'out'), { recursive: true }).map((name) => join(root, 'out', String(name)));
    expect(paths.filter((path) => path.endsWith('metadata') || path.endsWith('channel0_1'))).toHaveLength(4);
    expect(paths.filter((path) => statSync(path).uid !== OWNER.uid || statSync(path).gid !== OWNER.gid)).toEqual([]);
    expect([process.geteuid?.(), process.getegid?.()]).toEqual([0, process.getgid?.()]);
  });

  it('are not written where the owner may not write, whatever links there are', () => {
    makeOutput();
    mkdirSync(join(root, 'roots'), { mode: 0o755 });
    symlinkSync(join(root, 'roots'), join(root, 'out/ust'));
    expect(setUp).toThrowError(expect.objectContaining({ code: 'DIRECTORY_REFUSED' }));
    rmSync(join(root, 'out/ust'));
    symlinkSync(join(root, 'roots'), join(root, 'out/.ringtail'));
    expect(setUp).toThrowError(expect.objectContaining({ code: 'DIRECTORY_REFUSED' }));
    rmSync(join(root, 'out/.ringtail'));
    setUp();
    symlinkSync(join(root, 'roots'), join(root, 'out/.ringtail'));
    ring.record(10);
    const statistics = answerOf(consumer, { type: 'flush', session: 's' });
    expect(statistics.troubles).toEqual([expect.stringMatching(/is a symbolic link/)]);
    expect(readdirSync(join(root, 'roots'))).toEqual([]);
  });

  it('leaves root what it is when something fails', () => {
    expect(() =>
      asUser(OWNER, () => {
        expect([process.geteuid?.(), process.getegid?.()]).toEqual([OWNER.uid, OWNER.gid]);
        throw new Error('failed');
      }),
    ).toThrowError('failed');
    expect(process.geteuid?.()).toBe(0);
  });
});
