import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { canHang, HangingFileSystem } from './hanging-file-system.ts';
import { program, REGISTER_URL, RINGTAIL } from './harness.ts';
import { othersCanRun, SharedDaemon, USERS } from './shared-daemon.ts';

const SLOW = { timeout: 600_000 };
const [one, other] = USERS;

/** The end of a command, and whether it ended before the others. */
interface Waiting {
  readonly ended: ReturnType<SharedDaemon['ringtail']>;
  isOver: boolean;
}

function begin(daemon: SharedDaemon, uid: number, ...args: string[]): Waiting {
  const waiting: Waiting = { ended: daemon.ringtail(uid, ...args), isOver: false };
  void waiting.ended.then(() => {
    waiting.isOver = true;
  });
  return waiting;
}

async function sharedDaemon(): Promise<SharedDaemon> {
  const daemon = new SharedDaemon();
  await daemon.start();
  return daemon;
}

describe.skipIf(!othersCanRun || !canHang)('a directory on a file system that does not answer', SLOW, () => {
  it.each(['hang', 'hangUnkillably'] as const)('delays only its own user, and only for a time (%s)', async (hang) => {
    const daemon = await sharedDaemon();
    // One file system for each, since a waiting process may hold a lock for which processes wait that can be killed.
    const names = ['a', 'b', 'c'];
    const places = await Promise.all(names.map(() => HangingFileSystem.mount()));
    for (const place of places) place[hang]();
    // Two run at a time; the third waits for its turn.
    const commands = places.map(({ path }, index) => {
      const name = names[index] as string;
      return begin(daemon, one, 'create', name, '-o', join(path, name));
    });
    expect(await daemon.ringtail(other, 'create', 'theirs')).toMatchObject({ code: 0 });
    expect((await daemon.ringtail(0, 'list')).stdout).toContain('theirs [inactive]');
    expect(commands.map(({ isOver }) => isOver)).toEqual([false, false, false]);
    const ended = await Promise.all(commands.map((command) => command.ended));
    expect(ended.map(({ code }) => code)).toEqual([1, 1, 1]);
    const silence = /cannot use \S+: its file system has not answered within 15 s/;
    const share = /user 54321 has 2 operations on file systems that do not answer, .*mount/;
    const refused = ended.filter(({ stderr }) => share.test(stderr));
    expect(refused).toHaveLength(hang === 'hang' ? 0 : 1);
    expect(ended.filter(({ stderr }) => silence.test(stderr))).toHaveLength(3 - refused.length);
    expect((await daemon.ringtail(other, 'destroy', 'theirs')).code).toBe(0);
    expect((await daemon.ringtail(0, 'list')).stdout).not.toContain('[');
    await daemon.stop();
  });

  it('that hangs after the session was created fails its commands, except its destruction', async () => {
    const daemon = await sharedDaemon();
    const place = await HangingFileSystem.mount();
    const sessions = {
      started: ['start', 'started'],
      rotated: ['rotate', 'rotated'],
      recorded: ['snapshot', 'record', '-s', 'recorded'],
      destroyed: ['destroy', 'destroyed'],
    };
    for (const name of Object.keys(sessions)) {
      const kind = name === 'recorded' ? ['--snapshot'] : [];
      const commands = [
        ['create', name, '-o', join(place.path, name), ...kind],
        ['enable-event', '-u', 'e2e:*', '-s', name],
        ...(name === 'started' ? [] : [['start', name]]),
        ...(name === 'destroyed' ? [['rotate', name]] : []),
      ];
      for (const args of commands) expect(await daemon.ringtail(one, ...args)).toMatchObject({ code: 0, stderr: '' });
    }
    place.hang();
    const commands = Object.values(sessions).map((args) => begin(daemon, one, ...args));
    expect((await daemon.ringtail(0, 'list')).stdout).toContain('recorded [active snapshot]');
    expect(commands.map(({ isOver }) => isOver)).toEqual([false, false, false, false]);
    const [started, rotated, recorded, destroyed] = await Promise.all(commands.map(({ ended }) => ended));
    for (const command of [started, rotated, recorded]) {
      expect(command).toMatchObject({ code: 1, stderr: expect.stringContaining('has not answered within 15 s') });
    }
    expect(destroyed).toMatchObject({ code: 0 });
    expect((await daemon.ringtail(one, 'list')).stdout).not.toContain('destroyed');
  });

  it.each(['hang', 'hangUnkillably'] as const)(
    'that hangs after the recording began costs the recordings of others nothing (%s)',
    async (hang) => {
      const daemon = await sharedDaemon();
      const place = await HangingFileSystem.mount();
      const outputs = new Map([
        [one, join(place.path, 'x')],
        [other, join(daemon.homeOf(other), 'trace')],
        [0, join(daemon.directory, 'of-root')],
      ]);
      const programs = [];
      for (const [uid, output] of outputs) {
        const session = ['-s', `of-${uid}`];
        for (const args of [
          ['create', `of-${uid}`, '-o', output],
          ['track', '-u', `--vuid=${uid}`, ...session],
          ['enable-event', '-u', 'e2e:*', ...session],
          ['start', `of-${uid}`],
        ]) {
          expect(await daemon.ringtail(uid, ...args)).toMatchObject({ code: 0, stderr: '' });
        }
        const steps = daemon.begin(uid, ['--import', REGISTER_URL, program('steps.mjs')]);
        await once(steps.process.stdout, 'data');
        programs.push({ uid, ...steps });
      }
      place[hang]();
      const stuck = begin(daemon, one, 'stop', `of-${one}`);
      // Their rings are far too small for the emitted events unless a consumer daemon drains them.
      await new Promise((resolve) => setTimeout(resolve, 4000));
      for (const { uid, process: child, ended } of programs) {
        child.stdin.end();
        const emitted = Number(/emitted (\d+)/.exec((await ended).stdout)?.[1]);
        if (uid === one) continue;
        const stopped = await daemon.ringtail(uid, 'stop', `of-${uid}`, '--output-format=json');
        const { sessions } = JSON.parse(stopped.stdout) as { sessions: { statistics: object }[] };
        expect(sessions[0]?.statistics).toMatchObject({ eventsRecorded: emitted, eventsDiscarded: 0, eventsLost: 0 });
        const view = await daemon.run(uid, [RINGTAIL, 'view', outputs.get(uid) as string]);
        expect(view.stdout.split('\n').length - 1).toBe(emitted);
      }
      expect(stuck.isOver).toBe(false);
      const { stdout } = await daemon.ringtail(0, 'status', '--daemon');
      expect(stdout).toContain(`of user ${one}`);
      expect(stdout).toContain(`of user ${other}`);
    },
  );

  it('does not delay the daemon when a program sends an open file of it', async () => {
    const daemon = await sharedDaemon();
    const place = await HangingFileSystem.mount();
    const attacker = daemon.begin(one, [
      program('send-files.mjs'),
      daemon.runDirectory,
      join(place.path, 'file'),
      '12',
    ]);
    const says = createInterface(attacker.process.stdout);
    await once(says, 'line');
    place.hangUnkillably();
    attacker.process.stdin.end('send\n');
    // It cannot even end before its file system answers.
    expect(await once(says, 'line')).toEqual(['ended 12']);
    expect(await daemon.ringtail(0, 'list')).toMatchObject({ code: 0 });
    expect(daemon.log()).toContain('a descriptor came of a file on a file system that may never answer');
    expect(daemon.log()).toContain(`user ${one} has sent 8 files on file systems that may never answer`);
    expect(await daemon.ringtail(other, 'create', 'theirs')).toMatchObject({ code: 0 });
  });
});
