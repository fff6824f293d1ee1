import { DEFAULT_GROUP, loadPosix } from '@ringtail/posix';
import { describe, expect, it } from 'vitest';
import { run } from '../cli.ts';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import type { Check, Machine, PathFacts } from './check.ts';
import { type DaemonFacts, runDirectoryChecks } from './run-directory-checks.ts';
import { runtimeChecks } from './runtime-checks.ts';
import { systemChecks } from './system-checks.ts';

const OWN: PathFacts = { kind: 'directory', uid: 54321, gid: 54321, mode: 0o700 };

function machine(parts: Partial<Machine> = {}, files: Readonly<Record<string, string>> = {}): Machine {
  return {
    platform: 'linux',
    arch: 'x64',
    nodeVersion: 'v22.1.0',
    uid: 54321,
    gids: [54321],
    env: {},
    posix: { ok: false, reason: 'not in this test' },
    textOf: (path) => files[path],
    lookAt: () => OWN,
    spaceOf: () => ({ bytes: 2 ** 30, freeBytes: 2 ** 30 }),
    clockAddonRefusal: () => null,
    versionOf: () => undefined,
    ...parts,
  };
}

const ofRuntime = (parts: Partial<Machine>, files?: Record<string, string>) => runtimeChecks(machine(parts, files));
const ofSystem = (parts: Partial<Machine>, files?: Record<string, string>) =>
  systemChecks(machine(parts, files), DEFAULT_GROUP);
const ofDirectory = (parts: Partial<Machine>, daemon: DaemonFacts = { kind: 'none' }, path = '/run/user/1/ringtail') =>
  runDirectoryChecks(machine(parts), path, daemon, '1.0.0');
const running = {
  kind: 'running',
  pid: 7,
  version: '1.0.0',
  missingGroup: null,
  consumerPid: 8,
  consumers: [{ uid: 0, pid: 8, restarts: 0, hangs: 0 }],
} as const;
const refused = { kind: 'refused', code: 'NOT_PERMITTED', why: 'no way' } as const;
const FILE_LIMIT = 'Max file size             33554432             unlimited            bytes';
/** As a daemon of root has it that serves a group. */
const GROUP_SOCKET: PathFacts = { kind: 'socket', uid: 0, gid: 54321, mode: 0o660 };
const sockets = (path: string): PathFacts =>
  path.endsWith('.sock') ? { kind: 'socket', uid: 0, gid: 0, mode: 0o600 } : OWN;

/** What is wrong, the checks, the name of the one that says so, its state, and words of what it says. */
const CASES: readonly [string, readonly Check[], string, Check['state'], string][] = [
  ['an old Node.js', ofRuntime({ nodeVersion: 'v18.0.0' }), 'Node.js', 'problem', 'Node.js 20 or newer'],
  ['a Node.js of the future', ofRuntime({ nodeVersion: 'v99.0.0' }), 'Node.js', 'warning', 'newer'],
  ['another system', ofRuntime({ platform: 'darwin' }), 'platform', 'problem', 'Linux'],
  ['no koffi', ofRuntime({}), 'koffi', 'problem', 'not in this test'],
  ['no addon', ofRuntime({ clockAddonRefusal: () => 'gone' }), 'clock', 'warning', 'gone'],
  [
    'a counter that is not trusted',
    ofRuntime({}, { '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'kvm-clock\n' }),
    'clock',
    'warning',
    'kvm-clock',
  ],
  [
    'few descriptors',
    ofSystem({}, { '/proc/self/limits': 'Max open files            256                  1024                 files' }),
    'open files',
    'warning',
    'at most 1,024',
  ],
  [
    'a small /dev/shm',
    ofSystem({ spaceOf: () => ({ bytes: 1024, freeBytes: 512 }) }),
    '/dev/shm',
    'warning',
    '512 B of',
  ],
  [
    'a small cgroup',
    ofSystem({}, { '/proc/self/cgroup': '0::/box\n', '/sys/fs/cgroup/box/memory.max': '67108864\n' }),
    'memory',
    'warning',
    '64.0 MiB',
  ],
  [
    'counters for root',
    ofSystem({}, { '/proc/sys/kernel/perf_event_paranoid': '4\n' }),
    'perf counters',
    'warning',
    'root only',
  ],
  ['a long path', ofDirectory({}, undefined, `/${'x'.repeat(100)}`), 'run directory', 'problem', 'too long'],
  ['a link', ofDirectory({ lookAt: () => ({ ...OWN, kind: 'link' }) }), 'run directory', 'problem', 'symbolic link'],
  ['a file', ofDirectory({ lookAt: () => ({ ...OWN, kind: 'file' }) }), 'run directory', 'problem', 'no directory'],
  ['a stranger', ofDirectory({ lookAt: () => ({ ...OWN, uid: 54322 }) }), 'run directory', 'problem', 'user 54322'],
  ['open modes', ofDirectory({ lookAt: () => ({ ...OWN, mode: 0o777 }) }), 'run directory', 'problem', 'mode 777'],
  ['stale sockets', ofDirectory({ lookAt: sockets }), 'run directory', 'warning', 'does not run any more'],
  ['no place', ofDirectory({ lookAt: () => undefined }), 'run directory', 'warning', 'cannot be made'],
  ['another version', ofDirectory({}, { ...running, version: '0.9.0' }), 'session daemon', 'warning', 'version 0.9.0'],
  [
    'no consumer',
    ofDirectory({}, { ...running, consumerPid: null, consumers: [{ uid: 0, pid: null, restarts: 9, hangs: 0 }] }),
    'consumer daemon',
    'problem',
    'sessiond.log',
  ],
  ['a refusal', ofDirectory({}, { ...refused, code: 'TIMEOUT' }), 'session daemon', 'warning', 'no way'],
  [
    'a daemon of another group',
    ofDirectory({ lookAt: () => GROUP_SOCKET }, refused),
    'session daemon',
    'warning',
    'no way join the group 54321, or',
  ],
  [
    'a daemon of another user',
    ofDirectory({ lookAt: sockets }, refused),
    'session daemon',
    'warning',
    'no way leave out --rundir and RINGTAIL_RUNDIR',
  ],
  [
    'a daemon whose group does not exist',
    ofDirectory({}, { ...running, missingGroup: 'nogroup7' }),
    'session daemon',
    'warning',
    'no group nogroup7: only root may give commands',
  ],
  [
    'a limit of file sizes of a daemon',
    runDirectoryChecks(machine({}, { '/proc/7/limits': FILE_LIMIT }), '/run/user/1/ringtail', running, '1.0.0'),
    'session daemon',
    'problem',
    'ulimit -f',
  ],
  [
    'a limit of file sizes',
    ofSystem({}, { '/proc/self/limits': FILE_LIMIT }),
    'file sizes',
    'warning',
    'at most 32.0 MiB',
  ],
  [
    'a group that does not exist',
    systemChecks(machine(), 'no-such-group'),
    'tracing group',
    'warning',
    'no group no-such-group',
  ],
];

describe('the doctor', () => {
  it.each(CASES)('finds %s, and has a fix for it', (_, checks, name, state, words) => {
    const wrong = checks.filter((check) => check.state !== 'ok');
    const found = wrong.find((check) => check.name.startsWith(name));
    expect(found?.state).toBe(state);
    expect(`${found?.what} ${found?.fix}`).toContain(words);
    expect(wrong.every(({ fix }) => fix !== null && fix !== '')).toBe(true);
  });

  it('finds nothing wrong with a machine on which everything works', () => {
    const posix = loadPosix();
    const good = machine({ posix }, { '/proc/sys/kernel/perf_event_paranoid': '2' });
    const directory = runDirectoryChecks(good, '/run/user/1/ringtail', running, '1.0.0');
    const checks = [...runtimeChecks(good), ...systemChecks(good, DEFAULT_GROUP), ...directory];
    expect(checks.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(checks.map(({ name }) => name)).toContain('shared memory');
  });

  it('finds nothing wrong with a member of the group without a session, thus without a consumer', () => {
    const checks = ofDirectory({}, { ...running, consumerPid: null, consumers: [] });
    expect(checks.find(({ name }) => name === 'consumer daemon')).toMatchObject({ state: 'ok' });
  });

  it('says of the group of the daemon that runs whether the user is in it', () => {
    const run = { lookAt: () => GROUP_SOCKET };
    const of = (gids: readonly number[]) =>
      systemChecks(machine({ ...run, gids }), DEFAULT_GROUP, ['/run/user/1/ringtail']).find(
        ({ name }) => name === 'tracing group',
      )?.what;
    expect(of([1, 54321])).toBe('you may use a session daemon of root');
    expect(of([1])).toBe('you are not in the group 54321, whose members may use a session daemon of root');
  });

  it('says by its exit code how bad it is', async () => {
    const context = fakeContext({ env: { RINGTAIL_RUNDIR: `/tmp/${'x'.repeat(100)}`, PATH: '' } });
    expect(await run(['doctor', '--output-format=json'], context)).toEqual({ code: 1 });
    const { command, checks } = JSON.parse(context.output()) as { command: string; checks: Check[] };
    expect(command).toBe('doctor');
    expect(checks).toContainEqual(
      expect.objectContaining({ state: 'problem', what: 'its path is too long for a socket' }),
    );
    const warned = fakeContext({ env: { RINGTAIL_RUNDIR: '/nowhere/run', PATH: '' } });
    expect(await run(['doctor'], warned)).toEqual({ code: 4 });
    expect(warned.output()).toContain('fix: set RINGTAIL_RUNDIR');
  });
});
