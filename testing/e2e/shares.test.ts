import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { program, REGISTER_URL } from './harness.ts';
import { othersCanRun, SharedDaemon, USERS } from './shared-daemon.ts';

const SLOW = { timeout: 600_000 };
const [ATTACKER, VICTIM] = USERS;
/** Few, so that a test can use them up. */
const FEW = { descriptors: 512 };
const EVENTS = 20;

/** Lets the victim record a program of its own. @returns the number of events in its trace */
async function recordedEvents(daemon: SharedDaemon): Promise<number> {
  const trace = join(daemon.homeOf(VICTIM), 'trace');
  for (const args of [['create', 's', '-o', trace], ['enable-event', '-u', 'e2e:*'], ['start']]) {
    expect(await daemon.ringtail(VICTIM, ...args)).toMatchObject({ code: 0, stderr: '' });
  }
  const ended = await daemon.run(VICTIM, ['--import', REGISTER_URL, program('threads.mjs'), '1', String(EVENTS / 2)]);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect((await daemon.ringtail(VICTIM, 'destroy')).code).toBe(0);
  const view = await daemon.ringtail(VICTIM, 'view', trace);
  return view.stdout.trimEnd().split('\n').length;
}

/** Checks that programs and commands of root work as usual. */
async function expectRootServed(daemon: SharedDaemon): Promise<void> {
  const name = 'of-root';
  for (const args of [
    ['create', name, '--no-output'],
    ['enable-event', '-u', 'e2e:*', '-s', name],
    ['destroy', name],
  ]) {
    expect(await daemon.ringtail(0, ...args)).toMatchObject({ code: 0, stderr: '' });
  }
}

describe.skipIf(!othersCanRun)('a user who uses up a share at a daemon of root', SLOW, () => {
  it('of memory for incomplete messages delays no other user, and keeps little memory', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const before = daemon.memoryBytes();
    const { held } = await daemon.takeShare(ATTACKER, 'half-messages', 150);
    expect(held).toBe(150);
    expect(await recordedEvents(daemon)).toBe(EVENTS);
    await expectRootServed(daemon);
    expect(daemon.memoryBytes() - before).toBeLessThan(96 * 2 ** 20);
  });

  it('of memory without a registration is refused at the first bytes', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    await daemon.takeShare(ATTACKER, 'half-registrations', 50);
    await expect.poll(() => daemon.log()).toContain('the peer announced');
    expect(await recordedEvents(daemon)).toBe(EVENTS);
  });

  it('of registrations leaves half to others, and status names the reason of refused programs', async () => {
    const daemon = new SharedDaemon(FEW);
    await daemon.start();
    for (const args of [['create', 'all', '--no-output'], ['enable-event', '-u', 'no:such'], ['start']]) {
      expect((await daemon.ringtail(0, ...args)).code).toBe(0);
    }
    const { held, refusals } = await daemon.takeShare(ATTACKER, 'registrations', 60);
    expect(held).toBeGreaterThan(10);
    expect(held).toBeLessThan(30);
    expect(Object.keys(refusals)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^the share of user ${ATTACKER} is used up: ${held} of \\d+ connections of applications; .*: end programs`,
        ),
      ),
    ]);
    expect(daemon.log()).toContain(`user ${ATTACKER} is turned away: the share of user ${ATTACKER} is used up`);
    expect(daemon.log().match(/is turned away/g)?.length).toBeLessThanOrEqual(20);
    const status = await daemon.ringtail(0, 'list', 'all');
    expect(status.stdout).toContain(`programs of user ${ATTACKER} are not recorded: the share of user ${ATTACKER} in`);
    expect(status.stdout).toContain('their user reached the limit of programs at this session daemon');
    expect(status.stdout).not.toContain('NODE_OPTIONS');
    expect(await recordedEvents(daemon)).toBe(EVENTS);
    // A later session reports it too, since the program still runs.
    for (const args of [['create', 'later', '--no-output'], ['enable-event', '-u', 'no:such'], ['start']]) {
      expect((await daemon.ringtail(0, ...args)).code).toBe(0);
    }
    expect((await daemon.ringtail(0, 'list', 'later')).stdout).toContain(
      `programs of user ${ATTACKER} are not recorded`,
    );
  });

  it('of places for clients makes room for others, and gets the reason of its refusal', async () => {
    const daemon = new SharedDaemon(FEW);
    await daemon.start();
    await daemon.takeShare(ATTACKER, 'silent-programs', 5);
    await daemon.takeShare(ATTACKER, 'silent-clients', 200);
    await expectRootServed(daemon);
    expect(await recordedEvents(daemon)).toBe(EVENTS);
    expect(daemon.log()).toMatch(
      new RegExp(`a client of user ${ATTACKER} is turned away: the share of user ${ATTACKER} is used up`),
    );
    let refused: Awaited<ReturnType<SharedDaemon['ringtail']>>;
    do {
      await daemon.takeShare(ATTACKER, 'silent-clients', 30);
      refused = await daemon.ringtail(ATTACKER, 'list');
      // On a busy machine the command may begin when the daemon has given up the silent clients.
    } while (refused.code === 0);
    expect(refused.stderr).toContain(`the share of user ${ATTACKER} is used up: all 32 places for clients are taken`);
    await expect.poll(() => daemon.log()).toContain('the client has not said hello in 10 s');
    await expect.poll(() => daemon.log()).toContain('it has not registered');
  });

  it("of the daemon's time delays no other user", async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const before = daemon.memoryBytes();
    for (const args of [['create', 'all', '--no-output'], ['enable-event', '-u', 'a:*'], ['start']]) {
      expect((await daemon.ringtail(0, ...args)).code).toBe(0);
    }
    for (const [what, count] of [
      ['endless-messages', 30],
      ['endless-registrations', 10],
      ['endless-requests', 20],
      ['unread-answers', 20],
      // Last: connections are cut off from then on.
      ['endless-connections', 5],
    ] as const) {
      await daemon.takeShare(ATTACKER, what, count);
    }
    await expectRootServed(daemon);
    expect(await recordedEvents(daemon)).toBe(EVENTS);
    expect((await daemon.ringtail(0, 'stop', 'all')).code).toBe(0);
    expect(daemon.memoryBytes() - before).toBeLessThan(200 * 2 ** 20);
  });

  it('of keys of maps takes little memory, and gets the message that further keys are not counted', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const before = daemon.memoryBytes();
    const { held, refusals } = await daemon.takeShare(ATTACKER, 'keys-of-maps', 3);
    expect([held, refusals]).toEqual([6, {}]);
    const taken = `the share of user ${ATTACKER} in bytes kept for applications is used up`;
    expect((await daemon.ringtail(ATTACKER, 'list', 'keys-2')).stdout).toContain(
      `keys of maps are not counted: ${taken}`,
    );
    expect((await daemon.ringtail(0, 'show-maps', '-s', 'keys-0')).code).toBe(0);
    expect(daemon.memoryBytes() - before).toBeLessThan(128 * 2 ** 20);
    expect(await recordedEvents(daemon)).toBe(EVENTS);
    await expectRootServed(daemon);
    // The keys' part of the share is released with the sessions, while the programs go on.
    for (const name of ['keys-0', 'keys-1', 'keys-2']) {
      expect((await daemon.ringtail(ATTACKER, 'destroy', name)).code).toBe(0);
    }
    const again = await daemon.takeShare(ATTACKER, 'keys-of-maps', 1);
    expect(again.refusals).toEqual({});
    expect((await daemon.ringtail(ATTACKER, 'show-maps', '-s', 'keys-0', '-c', 'm0')).stdout).toContain('-2047-');
  });

  it('of sessions leaves half to others', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const { refusals } = await daemon.takeShare(ATTACKER, 'sessions', 140);
    expect(Object.entries(refusals)).toEqual([
      [expect.stringMatching(`the share of user ${ATTACKER} is used up: 128 of 272 sessions; .*ringtail destroy`), 12],
    ]);
    expect(await recordedEvents(daemon)).toBe(EVENTS);
    await expectRootServed(daemon);
  });
});
