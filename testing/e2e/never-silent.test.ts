/** Twelve set-ups that record nothing: `ringtail status` names the cause of each. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SessionDaemonClient } from '@ringtail/ctl';
import { DEFAULT_CHANNEL, type EventRule } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  isRoot,
  makeSandbox,
  program,
  REGISTER_URL,
  type Running,
  ringtail,
  type Sandbox,
  startNode,
  until,
} from './harness.ts';

interface Finding {
  readonly code: string;
  readonly what: string;
  readonly evidence: readonly string[];
  readonly nextStep: string;
}

/** A daemon in a separate directory, and the environment for its commands and programs. */
interface Place {
  readonly sandbox: Sandbox;
  readonly runDirectory: string;
  readonly client: SessionDaemonClient;
}

async function placeWithDaemon(base = makeSandbox(), name = 'run'): Promise<Place> {
  const runDirectory = join(base.directory, name);
  const sandbox = { ...base, env: { ...base.env, RINGTAIL_RUNDIR: runDirectory } };
  const created = await ringtail(sandbox, ['create', `first-${name}`, '--no-output']);
  expect([created.stderr, created.code]).toEqual(['', 0]);
  const client = await SessionDaemonClient.connect({ runDirectory });
  onTestFinished(() => client.close());
  return { sandbox, runDirectory, client };
}

interface SetUp {
  readonly rule: EventRule;
  readonly shmPath?: string;
  readonly start?: false;
  readonly afterwards?: (client: SessionDaemonClient, session: string) => Promise<unknown>;
}

async function makeSession(
  { client, sandbox }: Place,
  session: string,
  { rule, shmPath, start, afterwards }: SetUp,
): Promise<void> {
  await client.createSession({ name: session, output: join(sandbox.directory, session), shmPath: shmPath ?? null });
  await client.enableChannel(session, DEFAULT_CHANNEL);
  await client.enableEvent(session, rule, DEFAULT_CHANNEL.name);
  await afterwards?.(client, session);
  if (start !== false) await client.startSession(session);
}

async function startSteps(sandbox: Sandbox, more: readonly string[] = ['--import', REGISTER_URL]): Promise<Running> {
  const app = startNode(sandbox, [...more, program('steps.mjs')]);
  await app.says(/ready/);
  return app;
}

/** Output of `status` for a session. */
async function status(sandbox: Sandbox, session: string): Promise<Finding[]> {
  writeFileSync(join(sandbox.home, '.ringtailrc'), `session=${session}\n`);
  const { stdout, stderr } = await ringtail(sandbox, ['status', '--output-format=json']);
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { readonly findings: Finding[] }).findings;
}

const evidenceOf = ({ what, evidence, nextStep }: Finding): string => [what, ...evidence, nextStep].join('\n');

/**
 * One session of each kind beside a program that emits `e2e:step {index, padding}` at log level 13: label, set-up,
 * code, words.
 */
const BROKEN: readonly (readonly [string, SetUp, string, readonly string[]])[] = [
  ['misspelt', { rule: { pattern: 'e3e:*' } }, 'NO_MATCHING_TRACEPOINT', ["did you mean 'e2e:*'?", 'seen: e2e:step']],
  [
    'false-filter',
    { rule: { pattern: 'e2e:*', filter: 'index < 0' } },
    'FILTER_NEVER_TRUE',
    ['index < 0', 'evaluated'],
  ],
  [
    'missing-field',
    { rule: { pattern: 'e2e:*', filter: 'indx > 0' } },
    'FILTER_LACKS_FIELD',
    ['"indx"', 'did you mean "index"?', 'index, padding'],
  ],
  ['not-started', { rule: { pattern: 'e2e:*' }, start: false }, 'NOT_STARTED', ['ringtail start not-started']],
  [
    'log-level',
    { rule: { pattern: 'e2e:*', logLevel: { from: 0, to: 3 } } },
    'LOG_LEVEL',
    ['TRACE_ERR (3)', 'e2e:step TRACE_DEBUG_LINE (13)'],
  ],
  ['exclusion', { rule: { pattern: 'e2e:*', exclude: ['*:st*'] } }, 'ALL_EXCLUDED', ['excluded: *:st*', 'e2e:step']],
  [
    'tracker',
    {
      rule: { pattern: 'e2e:*' },
      afterwards: async (client, session) => {
        await client.untrack(session, 'vpid', null);
        await client.track(session, 'vpid', [1]);
      },
    },
    'UNTRACKED',
    ['tracked vpid: 1'],
  ],
  [
    'disabled',
    {
      rule: { pattern: 'e2e:*' },
      afterwards: (client, session) => client.disableChannel(session, DEFAULT_CHANNEL.name),
    },
    'CHANNEL_DISABLED',
    ['channel channel0 is disabled', 'enable-channel'],
  ],
];

describe('a session without events', () => {
  it('names the missing step of each wrong set-up', async () => {
    const place = await placeWithDaemon();
    const app = await startSteps(place.sandbox);
    for (const [session, setUp] of BROKEN) await makeSession(place, session, setUp);
    for (const [session, , code, words] of BROKEN) {
      let [first] = await status(place.sandbox, session);
      // The program evaluates filters at its next events.
      await until(async () => {
        if (first?.code !== 'NOT_REACHED') return true;
        [first] = await status(place.sandbox, session);
        return false;
      });
      expect([session, first?.code]).toEqual([session, code]);
      for (const word of words) expect(evidenceOf(first as Finding)).toContain(word);
    }
    const { stdout } = await ringtail(place.sandbox, ['list', 'misspelt']);
    expect(stdout).toContain("No events, for 1 reason:\n  - no tracepoint is called 'e3e:*'\n");
    // The trace describes the events of programs that have ended.
    app.process.stdin?.end();
    await app.ended;
    await until(async () => (await place.client.listApplications()).length === 0);
    expect((await status(place.sandbox, 'missing-field')).map(({ code }) => code)).toEqual(['FILTER_LACKS_FIELD']);
  });

  it('reports that the command uses another run directory than the daemon', async () => {
    const { sandbox, runDirectory } = await placeWithDaemon();
    const elsewhere = join(sandbox.directory, 'elsewhere');
    const asked = await ringtail(sandbox, ['status', '--output-format=json'], { RINGTAIL_RUNDIR: elsewhere });
    expect(asked.code).toBe(1);
    const { error } = JSON.parse(asked.stderr) as { error: { code: string; hint: string; findings: Finding[] } };
    expect(error.code).toBe('NO_DAEMON');
    const [finding] = error.findings;
    expect(finding?.evidence).toContain(`RINGTAIL_RUNDIR is set to ${elsewhere}`);
    expect(finding?.evidence.join('\n')).toMatch(
      new RegExp(`another session daemon, of user .*, runs in ${runDirectory}`),
    );
    expect(error.hint).toContain('RINGTAIL_RUNDIR=');
  });

  it('reports that the program registers in another run directory', async () => {
    const base = makeSandbox();
    const [here, there] = [await placeWithDaemon(base, 'here'), await placeWithDaemon(base, 'there')];
    const app = await startSteps(there.sandbox);
    await until(async () => (await there.client.listApplications()).length > 0);
    await makeSession(here, 's', { rule: { pattern: 'e2e:*' } });
    const [first] = await status(here.sandbox, 's');
    expect(first?.code).toBe('OTHER_DAEMON');
    expect(evidenceOf(first as Finding)).toContain(`process ${app.pid} (steps.mjs`);
    expect(evidenceOf(first as Finding)).toContain(`is registered in ${there.runDirectory}`);
  });

  it('reports that the program runs without the tracer', async () => {
    const place = await placeWithDaemon();
    await makeSession(place, 's', { rule: { pattern: 'e2e:*' } });
    const named = async (): Promise<boolean> => {
      const bare = startNode(place.sandbox, ['-e', 'console.log("ready"); setInterval(() => {}, 1000)']);
      await bare.says(/ready/);
      const findings = await status(place.sandbox, 's');
      bare.kill('SIGKILL');
      const absent = findings.find(({ code }) => code === 'NO_APPLICATION') as Finding;
      expect(absent.nextStep).toContain('--import @ringtail/tracer/register');
      return new RegExp(`process ${bare.pid} \\(node, user .*\\) runs without the tracer`).test(evidenceOf(absent));
    };
    // The newest programs are named, and other tests may start many meanwhile.
    await until(named);
  });
});

describe('a session whose events wait', () => {
  it('reports that a program has not registered yet, and then its tracepoints', async () => {
    const place = await placeWithDaemon();
    await makeSession(place, 's', { rule: { pattern: 'none:*' } });
    const barrier = join(place.sandbox.directory, 'barrier.cjs');
    writeFileSync(
      barrier,
      "const fs = require('node:fs'); fs.writeSync(1, 'held\\n'); fs.readSync(0, Buffer.alloc(1));",
    );
    const app = startNode(place.sandbox, ['--require', barrier, '--import', REGISTER_URL, program('steps.mjs')]);
    await app.says(/held/);
    const absent = (await status(place.sandbox, 's')).find(({ code }) => code === 'NO_APPLICATION');
    expect(absent?.evidence).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^process ${app.pid} \\(steps.mjs, .*\\) was started with the tracer, and may still be registering$`,
        ),
      ),
    );
    expect(absent?.nextStep).toContain('run ringtail status again');
    app.process.stdin?.write('.');
    await app.says(/ready/);
    expect((await status(place.sandbox, 's')).map(({ code }) => code)).toEqual(['NO_MATCHING_TRACEPOINT']);
  });

  it('has those events that are still in the rings, and no reasons', async () => {
    const { sandbox, client } = await placeWithDaemon();
    await client.createSession({ name: 's', output: join(sandbox.directory, 's') });
    // The consumer daemon takes the open sub-buffer only when it is asked.
    await client.enableChannel('s', { ...DEFAULT_CHANNEL, switchTimerUs: 3_600_000_000 });
    await client.enableEvent('s', { pattern: 'held:*' }, DEFAULT_CHANNEL.name);
    await client.startSession('s');
    const source = `import { provider } from ${JSON.stringify(REGISTER_URL)};
      const event = provider('held').tracepoint('event', []);
      for (let count = 0; count < 60; count++) event();
      console.log('ready');
      process.stdin.resume();`;
    const app = startNode(sandbox, ['--input-type=module', '-e', source]);
    await app.says(/ready/);
    expect((await client.sessionStatistics('s')).eventsRecorded).toBe(0);
    expect(await status(sandbox, 's')).toEqual([]);
    const { stdout } = await ringtail(sandbox, ['status', '--output-format=json']);
    expect(JSON.parse(stdout)).toMatchObject({ statistics: { eventsRecorded: 60 } });
  });
});

describe('a session with events', () => {
  it('names rules that are likely mistakes, and says so when they are enabled', async () => {
    const place = await placeWithDaemon();
    const { sandbox, client } = place;
    await makeSession(place, 's', { rule: { pattern: 'e2e:st*' } });
    const app = await startSteps(sandbox);
    await until(async () => (await client.sessionStatistics('s')).eventsRecorded > 0);
    expect(await status(sandbox, 's')).toEqual([]);
    const enable = (...words: string[]) => ringtail(sandbox, ['enable-event', '-u', '-s', 's', ...words]);
    expect((await enable('e2e:*', '--filter', 'index >= 0 && $ctx.vpid > 0')).stderr).toBe('');
    expect((await enable('later:*')).stderr).toBe('');
    const { stderr, code } = await enable('e2e:s*', '--filter', 'indx > 0');
    expect(code).toBe(0);
    expect(stderr).toContain('warning: the filter asks for a field that no matched tracepoint has: "indx"\n');
    expect(stderr).toContain('fields of e2e:step: index, padding\n  next: did you mean "index"?');
    await enable('e2e:stpe');
    const found = await status(sandbox, 's');
    expect(found.map(({ code }) => code)).toEqual(['FILTER_LACKS_FIELD', 'NO_MATCHING_TRACEPOINT']);
    expect(evidenceOf(found[1] as Finding)).toContain("did you mean 'e2e:step'?");
    app.process.stdin?.end();
    await app.ended;
  });
});

/** A file system without room for a ring; undefined if mounting is not allowed. */
function mountTiny(directory: string): string | undefined {
  const path = join(directory, 'tiny');
  mkdirSync(path, { mode: 0o700 });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'none', path]).status !== 0) return undefined;
  onTestFinished(() => {
    spawnSync('umount', ['-l', path]);
  });
  return path;
}

describe.skipIf(!isRoot)('as root, a session without events', () => {
  it('reports that rings found no room', async (context) => {
    const place = await placeWithDaemon();
    const shmPath = mountTiny(place.sandbox.directory);
    if (shmPath === undefined) {
      process.stderr.write('SKIPPED: no small file system could be mounted: not tested: rings without room\n');
      context.skip();
    }
    await makeSession(place, 's', { rule: { pattern: 'e2e:*' }, shmPath: join(shmPath as string, 'rings') });
    await startSteps(place.sandbox);
    await until(async () => (await place.client.sessionStatistics('s')).troubles.length > 0);
    const [first] = await status(place.sandbox, 's');
    expect(first?.code).toBe('NO_RING');
    expect(evidenceOf(first as Finding)).toContain('ENOSPC');
    expect(first?.nextStep).toContain(`df ${shmPath}`);
    await place.client.destroySession('s');
  });

  it.skipIf(!othersCanRun())('reports that the program belongs to another user', async () => {
    const base = makeSandbox();
    // Users of this process alone, since programs of other tests, and of other runs of this one, would be found too.
    const one = 430_000_000 + 2 * process.pid;
    const other = one + 1;
    const home = join(base.directory, 'theirs');
    mkdirSync(home);
    chmodSync(base.directory, 0o711);
    chownSync(home, one, one);
    const env = { ...base.env, RINGTAIL_HOME: home, HOME: home, RINGTAIL_RUNDIR: join(home, 'run'), TMPDIR: '/tmp' };
    const cli = fileURLToPath(new URL('../../packages/cli/bin/ringtail.mjs', import.meta.url));
    const asOne = (...args: string[]) => {
      const ended = spawnSync(process.execPath, [cli, ...args], {
        env,
        cwd: home,
        uid: one,
        gid: one,
        encoding: 'utf8',
      });
      expect([args, ended.status, ended.stderr]).toEqual([args, 0, '']);
      return ended.stdout;
    };
    asOne('create', 's', '--no-output');
    onTestFinished(() => {
      const client = SessionDaemonClient.connect({ runDirectory: env.RINGTAIL_RUNDIR });
      return client.then((daemon) => daemon.shutdown());
    });
    asOne('enable-event', '-u', 'e2e:*');
    asOne('start');
    const setUser = `process.setgid(${other}); process.setuid(${other}); await import(${JSON.stringify(program('steps.mjs'))});`;
    const foreign = startNode({ ...base, env }, ['--input-type=module', '-e', setUser]);
    await foreign.says(/ready/);
    const { findings } = JSON.parse(asOne('status', '--output-format=json')) as { findings: Finding[] };
    expect(findings[0]?.code).toBe('OTHER_USER');
    expect(findings[0]?.evidence.join('\n')).toContain(`process ${foreign.pid} (`);
    expect(findings[0]?.evidence.join('\n')).toContain(`user ${other}`);
  });
});

/** Whether other users can run the tested programs: they cannot if the tree is in a directory of root. */
function othersCanRun(): boolean {
  const open = (path: string): boolean => {
    for (let at = path; at !== '/'; at = dirname(at)) {
      if ((statSync(at).mode & (at === path ? 0o004 : 0o001)) === 0) return false;
    }
    return true;
  };
  const can = open(fileURLToPath(import.meta.url)) && open(process.execPath);
  if (!can) process.stderr.write('SKIPPED: others cannot read this tree: not tested: a program of another user\n');
  return can;
}
