/** Sessions saved by one tool are loaded by the other, with equal listings and saved files. */
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SessionDaemonClient } from '@ringtail/ctl';
import * as accounts from '@ringtail/posix/accounts';
import type { DomainDescription, SessionDescription, TriggerDescription } from '@ringtail/protocol';
import { parseSessionFile, type SavedSession } from '@ringtail/session-file';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparableListing } from '../beside-lttng/listing.ts';
import { startLttng, startRingtail, type Tool } from '../beside-lttng/tools.ts';
import { requirePeer } from '../peers.ts';
import { sessionFileViolations } from '../session-files/session-schema-facts.ts';
import {
  eventsOf,
  isRoot,
  isRunning,
  makeSandbox,
  program,
  REGISTER_URL,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  until,
} from './harness.ts';

const isInstalled = requirePeer('lttng-sessiond', 'session files, saved and loaded by the other') !== undefined;

interface Example {
  readonly made: readonly string[];
  /** Why listings are not compared. */
  readonly unlisted?: string;
  /** Why lttng does not load it equally, even if lttng saved it. */
  readonly notByLttng?: string;
}

const CREATE = 'create s -o OUT/s';

const EXAMPLES: Readonly<Record<string, Example>> = {
  'nothing in it': { made: [CREATE] },
  'no output': { made: ['create s --snapshot --no-output'] },
  'rings in files': { made: ['create s -o OUT/s --shm-path=OUT/shm', 'enable-channel -u c'] },
  'channels of all kinds': {
    made: [
      CREATE,
      'enable-channel -u a --subbuf-size=64k --num-subbuf=8 --switch-timer=1000000 --read-timer=2000',
      'enable-channel -u b --overwrite --tracefile-size=8388608 --tracefile-count=2 --monitor-timer=500000',
      'enable-channel -u c --blocking-timeout=100',
      'enable-channel -u d --blocking-timeout=inf --monitor-timer=0',
    ],
  },
  'a disabled channel': {
    made: [CREATE, 'enable-channel -u c', 'enable-channel -u d', 'disable-channel -u d'],
    notByLttng: 'lttng 2.13.9 loads every channel as an enabled one',
  },
  'buffers of each process': { made: [CREATE, 'enable-channel -u c --buffers-pid', 'enable-event -u -c c p:*'] },
  'rules of all kinds': {
    made: [
      CREATE,
      'enable-channel -u c',
      'enable-event -u -c c p:*',
      'enable-event -u -c c p:info --loglevel=INFO',
      'enable-event -u -c c p:error --loglevel-only=ERR',
      'enable-event -u -c c p:filtered --filter=\'a > 5 && $ctx.vpid == 3 && b == "<&>"\'',
      'enable-event -u -c c p:off',
      'disable-event -u -c c p:off',
      'enable-event -u -c c p:several',
      "enable-event -u -c c p:several --filter='a == 1'",
      'enable-event -u -c c -a',
    ],
  },
  exclusions: {
    made: [CREATE, 'enable-channel -u c', 'enable-event -u -c c p:* --exclude=p:x,p:y*'],
    unlisted: 'lttng 2.13.9 crashes when it lists a rule with exclusions',
  },
  'names that are not safe to show': {
    made: [
      CREATE,
      'enable-channel -u c\u202e\u2066\u061c\u{e0041}\u{1fffe}',
      'enable-event -u -c c\u202e\u2066\u061c\u{e0041}\u{1fffe} p:\u202e]]>&"*',
    ],
  },
  contexts: {
    made: [
      CREATE,
      'enable-channel -u c',
      'enable-channel -u d',
      'add-context -u -c c -t vpid -t vtid -t procname',
      'add-context -u -c d -t $app.shop:user',
    ],
  },
  trackers: {
    made: [CREATE, 'enable-channel -u c', 'track -u --vpid=7,9', 'track -u --vuid=0', 'untrack -u --vgid --all'],
  },
  'trackers of names': {
    made: [CREATE, 'enable-channel -u c', 'track -u --vuid=root --vgid=root,daemon'],
    unlisted: 'lttng lists the names that it was given, ringtail the numbers that they stand for',
  },
  'rotation schedules': {
    made: [CREATE, 'enable-channel -u c', 'enable-rotation --timer=60000000 --size=1G'],
  },
  'snapshot outputs': {
    made: ['create s --snapshot -o OUT/s', 'enable-channel -u c', 'enable-event -u -c c p:*'],
  },
  'a snapshot output with a limit': {
    made: [
      'create s --snapshot --no-output',
      'enable-channel -u c',
      'snapshot add-output file://OUT/incidents --name=incident --max-size=1M',
    ],
  },
  'recording going on': { made: [CREATE, 'enable-channel -u c', 'enable-event -u -c c p:*', 'start'] },
};

describe.skipIf(!isInstalled)('a session file', () => {
  let root: string;
  let lttng: Tool;
  let ours: Tool;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'rt-files-'));
    chmodSync(root, 0o755);
    lttng = startLttng(join(root, 'lttng'));
    ours = startRingtail(join(root, 'ringtail'));
    // The tools run as different users, and root's daemon writes into no directory of a user.
    for (const { directory } of [lttng, ours]) {
      if (isRoot) chownSync(directory, 0, 0);
      chmodSync(directory, 0o1777);
    }
  });
  afterAll(async () => {
    await Promise.all([lttng.end(), ours.end()]);
    rmSync(root, { recursive: true, force: true });
  });

  async function succeed(tool: Tool, line: string): Promise<string> {
    const { exitCode, stdout, stderr } = await tool.run(line);
    expect([line, exitCode, stderr]).toEqual([line, 0, expect.any(String)]);
    return stdout;
  }

  /** Makes the session with one tool, saves it, and loads the file with the other. */
  async function handOver(from: Tool, to: Tool, { made, unlisted }: Example): Promise<void> {
    try {
      for (const line of made) await succeed(from, line);
      const before = await state(from, from, unlisted);
      await from.run('destroy -a');
      rmSync(join(from.directory, 's'), { recursive: true, force: true });
      const file = join(from.directory, 'saved', 's.lttng');
      chmodSync(join(from.directory, 'saved'), 0o755);
      chmodSync(file, 0o644);
      await succeed(to, `load s --input-path=${file}`);
      expect(await state(to, from, unlisted)).toEqual(before);
    } finally {
      for (const tool of [from, to]) {
        await tool.run('destroy -a');
        for (const name of ['s', 'saved', 'shm']) rmSync(join(tool.directory, name), { recursive: true, force: true });
      }
    }
  }

  /** A tool's listing of the session, with the paths of `maker`. */
  async function state(tool: Tool, maker: Tool, unlisted: string | undefined): Promise<unknown> {
    await succeed(tool, `save s --force --output-path=${join(tool.directory, 'saved')}`);
    const saved = parseSessionFile(readFileSync(join(tool.directory, 'saved', 's.lttng'), 'utf8'), accounts).sessions;
    const listing =
      unlisted === undefined ? comparableListing(await succeed(tool, '--mi=xml list s'), maker.directory) : null;
    return { saved: saved.map(known), listing };
  }

  it.each(Object.entries(EXAMPLES))('of lttng with %s is loaded by ringtail', async (_, example) => {
    await handOver(lttng, ours, example);
  });

  it.each(Object.entries(EXAMPLES).filter(([, { notByLttng }]) => notByLttng === undefined))(
    'of ringtail with %s is loaded by lttng',
    async (_, example) => {
      await handOver(ours, lttng, example);
    },
  );
});

describe('a session file of lttng 2.16', () => {
  const sample = (name: string): string =>
    fileURLToPath(new URL(`../session-files/samples/${name}.lttng`, import.meta.url));

  it('is loaded with its maps and triggers, once, and saved as one', async () => {
    const sandbox = sandboxWithDaemon();
    const run = async (...args: string[]) => {
      const ended = await ringtail(sandbox, args);
      expect([args, ended.code, ended.stderr.replace(/^warning: .*\n/gm, '')]).toEqual([args, 0, '']);
      return ended;
    };
    const triggers = async () => {
      const { stdout } = await run('list-triggers', '--output-format=json');
      return (JSON.parse(stdout).triggers as TriggerDescription[]).map(({ name, condition, actions }) => ({
        name,
        condition,
        actions,
      }));
    };
    await run('create', 'starts-the-daemon', '--no-output', '--snapshot');
    const output = `--override-url=file://${join(sandbox.directory, 'trace')}`;
    const load = ['load', 'shop', output, '-i', sample('all-kinds')];
    await run(...load, '--no-triggers');
    expect(await triggers()).toEqual([]);
    expect((await run(...load, '--force')).stderr).toContain('the map large has at most 8192 keys, not 1000000');
    const names = ['all actions', 'empty', 'exact level, one action', 'full', 'much', 'rotated', 'rotating'];
    expect((await triggers()).map(({ name }) => name)).toEqual(names);
    await run(...load, '--force');
    expect(await triggers()).toHaveLength(names.length);

    const saved = join(sandbox.directory, 'saved');
    await run('save', 'shop', '-o', saved);
    const file = parseSessionFile(readFileSync(join(saved, 'shop.lttng'), 'utf8'), accounts);
    const original = parseSessionFile(readFileSync(sample('all-kinds'), 'utf8'), accounts);
    expect(file.sessions[0]?.domains[0]?.maps).toEqual(original.sessions[0]?.domains[0]?.maps);
    expect(new Set(file.triggers)).toEqual(new Set(original.triggers));
    expect(sessionFileViolations(readFileSync(join(saved, 'shop.lttng'), 'utf8'))).toEqual([]);
    await run('save', 'shop', '-o', saved, '--force', '--no-triggers');
    expect(readFileSync(join(saved, 'shop.lttng'), 'utf8')).not.toContain('trigger');

    const { stderr } = await run('load', 'host', '-i', sample('other-domains'));
    expect(stderr).toContain('the trigger syscall is left out: events of system calls are not supported');
    // A daemon of root has the kernel.
    const ofKernel = isRoot ? ['kernel buffers', 'kernel map'] : [];
    expect((await triggers()).map(({ name }) => name).sort()).toEqual([...names, 'here', ...ofKernel].sort());
  });
});

describe('a session saved for the start of the daemon', () => {
  it('is loaded and records after the daemon was killed, beside the existing trace', async () => {
    const base = makeSandbox();
    const sandbox = { ...base, env: { ...base.env, RINGTAIL_RUNDIR: join(base.directory, 'run') } };
    const trace = join(sandbox.directory, 'trace');
    const succeed = async (line: string): Promise<string> => {
      const ended = await ringtail(sandbox, line.split(' '));
      expect([line, ended.stderr, ended.code]).toEqual([line, '', 0]);
      return ended.stdout;
    };
    const listed = async () => {
      const { session, statistics } = JSON.parse(await succeed('list s --output-format=json'));
      return { session: session as SessionDescription, recorded: statistics.eventsRecorded as number };
    };
    await succeed(`create s -o ${trace}`);
    await succeed('enable-event -u e2e:*');
    await succeed('start');
    await succeed(`save s -o ${join(sandbox.home, '.ringtail', 'sessions', 'auto')}`);
    const app = startNode(sandbox, ['--import', REGISTER_URL, program('steps.mjs')]);
    await until(async () => (await listed()).recorded > 0);
    const before = await listed();
    const { pid } = await daemonOf(sandbox, (client) => client.daemonStatus());
    process.kill(pid, 'SIGKILL');
    await until(() => !isRunning(pid));

    // Its threads may still hold its socket for a moment.
    const create = ['create', 'other', '-o', join(sandbox.directory, 'other')];
    await until(async () => (await ringtail(sandbox, create)).code === 0);
    await until(async () => (await listed()).recorded > 0);
    const after = await listed();
    expect(after.session.output).toMatch(/trace-\d{8}-\d{6}$/);
    const { output: _, createdAt: __, ...same } = before.session;
    expect(after.session).toMatchObject(same);
    app.process.stdin?.end();
    const emitted = Number((await app.says(/emitted (\d+)/))[1]);
    await succeed('destroy -a');
    const [first, second] = [eventsOf(sandbox, trace).length, eventsOf(sandbox, after.session.output ?? '').length];
    expect(first).toBeGreaterThanOrEqual(before.recorded);
    expect(second).toBeGreaterThanOrEqual(after.recorded);
    expect(first + second).toBeLessThanOrEqual(emitted);
  });
});

async function daemonOf<T>(sandbox: Sandbox, ask: (client: SessionDaemonClient) => Promise<T>): Promise<T> {
  const client = await SessionDaemonClient.connect({ runDirectory: sandbox.env.RINGTAIL_RUNDIR as string });
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}

/** The parts of a session that LTTng 2.13 supports, in order. */
function known({ clock: _, format: __, domains: [user], ...session }: SavedSession): unknown {
  const { channels, trackers, maps } = user as DomainDescription;
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  return {
    ...session,
    maps,
    trackers: Object.entries(trackers).map(([attribute, values]) => [
      attribute,
      values && [...values].sort((a, b) => a - b),
    ]),
    channels: [...channels]
      .sort(byName)
      .map(({ header: ___, preallocation: ____, reclaimAfterUs: _____, ...channel }) => ({
        ...channel,
        rules: channel.rules.map((rule) => JSON.stringify(rule)).sort(),
      })),
  };
}
