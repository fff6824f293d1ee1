/** Limits of file sizes (`ulimit -f`), whose signal ends a process that does not ignore it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SessionDaemonClient } from '@ringtail/ctl';
import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  consumersOf,
  eventsOf,
  makeSandbox,
  program,
  RINGTAIL,
  Running,
  resultOf,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  sessionDaemonOf,
  startNode,
  succeed,
  summaryOf,
  until,
} from './harness.ts';

interface Status {
  readonly statistics: { readonly programsNotRecorded: number };
  readonly findings: readonly {
    readonly code: string;
    readonly evidence: readonly string[];
    readonly nextStep: string;
  }[];
}

/** Blocks of 512 bytes: less than the memory of a control file. */
const BLOCKS = 1000;

/** Runs `ringtail ARGS` with a limit, which a started daemon inherits. */
function limited(sandbox: Sandbox, ...args: readonly string[]): Running {
  const command = `ulimit -f ${BLOCKS} && exec "$0" "$@"`;
  return new Running('sh', ['-c', command, process.execPath, RINGTAIL, ...args], sandbox.env, sandbox.directory);
}

function setLimit(pid: number, limit: string): void {
  const set = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${limit}:unlimited`], { encoding: 'utf8' });
  expect([set.status, set.stderr]).toEqual([0, '']);
}

describe('a limit of file sizes', () => {
  it('of the consumer daemon stops one session, not the others, and waiting events are written later', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, 'create', 'first', '--no-output');
    const client = await SessionDaemonClient.connect({ runDirectory: sandbox.env.RINGTAIL_RUNDIR as string });
    onTestFinished(() => client.close());
    const output = (name: string) => join(sandbox.directory, name);
    for (const [name, filter] of [
      ['large', undefined],
      ['small', 'index >= 20005'],
    ] as const) {
      await client.createSession({ name, output: output(name) });
      await client.enableChannel(name, DEFAULT_CHANNEL);
      await client.enableEvent(
        name,
        { pattern: 'e2e:*', ...(filter !== undefined && { filter }) },
        DEFAULT_CHANNEL.name,
      );
      await client.startSession(name);
    }
    const app = startNode(sandbox, [program('counted.mjs')]);
    let emitted = 0;
    const emit = async (count: number) => {
      emitted += count;
      app.process.stdin?.write(`${count}\n`);
      await app.says(new RegExp(`emitted ${emitted}\\b`));
    };
    const recorded = async (name: string) => (await client.sessionStatistics(name)).eventsRecorded;
    await emit(5);
    await until(async () => (await recorded('large')) === 5);
    const [consumer] = consumersOf(sessionDaemonOf(sandbox)) as [number];

    setLimit(consumer, '100000');
    await emit(20_000);
    await emit(3);
    await until(async () => (await recorded('small')) === 3);
    await succeed(sandbox, 'set-session', 'large');
    let status = await resultOf<Status>(sandbox, 'status');
    await until(async () => {
      status = await resultOf<Status>(sandbox, 'status');
      return status.findings.length > 0;
    });
    expect(status.findings.map(({ code }) => code)).toEqual(['NOT_WRITTEN']);
    expect(status.findings[0]?.evidence.join()).toMatch(/EFBIG/);
    expect(consumersOf(sessionDaemonOf(sandbox))).toEqual([consumer]);

    setLimit(consumer, 'unlimited');
    await until(async () => (await recorded('large')) === emitted);
    expect(eventsOf(sandbox, output('large'))).toHaveLength(emitted);

    setLimit(consumer, '100000');
    await emit(1000);
    const ended = await client.destroySession('large');
    expect([ended.eventsRecorded + ended.eventsLost, ended.eventsDiscarded]).toEqual([emitted, 0]);
    expect(ended.eventsLost).toBeGreaterThan(0);
    expect(eventsOf(sandbox, output('large'))).toHaveLength(ended.eventsRecorded);
  });

  it('of the session daemon is reported as the reason why a number of programs is not recorded', async () => {
    const sandbox = sandboxWithDaemon();
    for (const words of [['create', 's'], ['enable-event', '-u', 'e2e:*'], ['start']]) {
      const ended = await limited(sandbox, ...words).ended;
      expect([words, ended.stderr, ended.code]).toEqual([words, '', 0]);
    }
    for (let programs = 1; programs <= 2; programs++) {
      const app = startNode(sandbox, [program('counted.mjs')]);
      app.process.stdin?.end('4\n');
      expect((await app.ended).code).toBe(0);
      const { statistics, findings } = await resultOf<Status>(sandbox, 'status');
      expect([statistics.programsNotRecorded, findings.map(({ code }) => code)]).toEqual([programs, ['NOT_RECORDED']]);
      expect(findings[0]?.evidence).toHaveLength(programs);
      expect(findings[0]?.nextStep).toContain('ulimit -f');
    }
    const stopped = await ringtail(sandbox, ['stop']);
    expect([stopped.code, stopped.stdout]).toEqual([0, expect.stringContaining('0 events')]);
    expect(stopped.stderr).toContain('2 programs not recorded');
  });

  it('of all processes is reported in the summary of a recording, and the command goes on', async () => {
    const sandbox = makeSandbox();
    const app = program('emit.mjs');
    const ended = await limited(
      sandbox,
      'record',
      '-o',
      'trace',
      '--output-format=json',
      '--',
      process.execPath,
      app,
      '10',
    ).ended;
    expect([ended.code, ended.signal]).toEqual([0, null]);
    const summary = summaryOf(ended) as unknown as Status & Status['statistics'];
    expect(summary.programsNotRecorded).toBe(1);
    expect(summary.findings.map(({ code }) => code)).not.toEqual([]);
  });
});
