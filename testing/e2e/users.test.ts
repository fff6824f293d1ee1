import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { program, REGISTER_URL, RINGTAIL } from './harness.ts';
import { GROUP, groupId, othersCanRun, SharedDaemon, USERS } from './shared-daemon.ts';

describe.skipIf(!othersCanRun)('users of one session daemon of root', () => {
  it('see and change their own sessions, and root sees all', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const [one, other] = USERS;
    expect((await daemon.ringtail(one, 'create', 'mine')).code).toBe(0);
    expect((await daemon.ringtail(one, 'list')).stdout).toContain('mine [inactive]');
    expect(await daemon.ringtail(0, 'list')).toMatchObject({
      stderr: '',
      stdout: expect.stringMatching(new RegExp(`mine \\[inactive\\]\n +Owner: .*${one}`)),
    });
    const namesake = await daemon.ringtail(0, 'create', 'mine');
    expect(namesake.stderr).toContain(`there is a session mine of user ${one} already`);
    expect(namesake.stderr).not.toContain('destroy');
    expect((await daemon.ringtail(other, 'list')).stdout).not.toContain('mine');
    for (const args of [
      ['destroy', 'mine'],
      ['start', 'mine'],
      ['create', 'mine'],
    ]) {
      expect((await daemon.ringtail(other, ...args)).code).not.toBe(0);
    }
    expect((await daemon.ringtail(0, 'destroy', 'mine')).code).toBe(0);
    expect((await daemon.ringtail(one, 'list')).stdout).not.toContain('mine');
  });

  it('get their session even if its name cannot be written in their home', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const [one] = USERS;
    const home = daemon.homeOf(one);
    mkdirSync(join(home, 'out'));
    chownSync(join(home, 'out'), one, groupId(GROUP));
    chmodSync(home, 0o500);
    const output = join(home, 'out', 'trace');
    const created = await daemon.ringtail(one, 'create', 'mine', '-o', output);
    expect(created).toMatchObject({ code: 4, stdout: expect.stringContaining('Session mine created.') });
    expect(created.stderr).toContain(`cannot write ${join(home, '.ringtailrc')}: EACCES`);
    const enabled = await daemon.ringtail(one, 'enable-channel', '-u', '-s', 'mine', 'c');
    expect(enabled).toMatchObject({ code: 0, stderr: '' });
    const named = await daemon.ringtail(one, 'set-session', 'mine');
    expect(named.code).toBe(1);
    expect(named.stderr).toContain(`cannot write ${join(home, '.ringtailrc')}: EACCES`);
    chmodSync(home, 0o700);
    expect((await daemon.ringtail(one, 'set-session', 'mine')).code).toBe(0);
    expect((await daemon.ringtail(one, 'enable-channel', '-u', 'd')).code).toBe(0);
  });

  it('get their own traces, in places where they may write', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const [one, other] = USERS;
    const trace = join(daemon.homeOf(one), 'trace');
    for (const args of [['create', 's', '-o', trace], ['enable-event', '-u', 'e2e:*'], ['start']]) {
      expect(await daemon.ringtail(one, ...args)).toMatchObject({ code: 0, stderr: '' });
    }
    const ended = await daemon.run(one, ['--import', REGISTER_URL, program('threads.mjs'), '1', '10']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect((await daemon.ringtail(one, 'destroy')).code).toBe(0);
    const files = readdirSync(trace, { recursive: true }).map((name) => join(trace, name as string));
    expect(new Set([trace, ...files].map((file) => statSync(file).uid))).toEqual(new Set([one]));
    const view = await daemon.run(one, [RINGTAIL, 'view', trace]);
    expect(view.stdout.trimEnd().split('\n')).toHaveLength(20);

    for (const output of [join(daemon.homeOf(one), 'of-other'), join(daemon.directory, 'of-root')]) {
      expect((await daemon.ringtail(other, 'create', 'x', '-o', output)).code).not.toBe(0);
      expect(existsSync(output)).toBe(false);
    }
    const shm = join(daemon.directory, 'shm');
    expect((await daemon.ringtail(other, 'create', 'x', '--shm-path', shm)).stderr).toContain(
      '--shm-path is for root alone',
    );
    expect(existsSync(shm)).toBe(false);
  });

  it('record their own programs and see nothing of the programs of others; root records all', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const [one, other] = USERS;
    const traces = [one, 0].map((uid) => join(uid === 0 ? daemon.directory : daemon.homeOf(uid), `trace-${uid}`));
    for (const [idx, uid] of [one, 0].entries()) {
      const name = `of-${uid}`;
      for (const args of [
        ['create', name, '-o', traces[idx] as string],
        ['enable-event', '-u', '-s', name, 'e2e:*,ringtail_statedump:*'],
        ['start', name],
      ]) {
        expect(await daemon.ringtail(uid, ...args)).toMatchObject({ code: 0, stderr: '' });
      }
    }
    for (const uid of [one, other, 0]) {
      const ended = await daemon.run(uid, ['--import', REGISTER_URL, program('threads.mjs'), '1', '10']);
      expect(ended).toMatchObject({ code: 0 });
    }
    for (const [idx, uid] of [one, 0].entries()) {
      expect((await daemon.ringtail(uid, 'destroy', `of-${uid}`)).code).toBe(0);
      const recorded = readdirSync(join(traces[idx] as string, 'ust', 'uid'))
        .map(Number)
        .sort();
      expect(recorded).toEqual(uid === 0 ? [0, one, other].sort() : [one]);
    }
    const view = await daemon.run(one, [RINGTAIL, 'view', traces[0] as string]);
    expect(view.stdout.match(/e2e:/g)).toHaveLength(20);
  });

  it('see no names of tracepoints of others in the hints of status', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const [one, other] = USERS;
    const output = join(daemon.homeOf(one), 'trace');
    for (const args of [['create', 's', '-o', output], ['enable-event', '-u', 'nothing:*'], ['start']]) {
      expect(await daemon.ringtail(one, ...args)).toMatchObject({ code: 0, stderr: '' });
    }
    expect((await daemon.run(other, ['--import', REGISTER_URL, program('threads.mjs'), '1', '10'])).code).toBe(0);
    const { stdout } = await daemon.ringtail(one, 'status', '--output-format=json');
    expect(stdout).not.toContain('e2e:');
  });
});
