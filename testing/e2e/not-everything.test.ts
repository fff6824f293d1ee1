/** Recordings that lack some events: summary, status and JSON report what is missing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { requirePeer } from '../peers.ts';
import {
  eventsAndWarningsOf,
  eventsOf,
  isRoot,
  makeSandbox,
  program,
  REGISTER_URL,
  record,
  resultOf,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  succeed,
  timestampsOf,
  until,
} from './harness.ts';

interface Finding {
  readonly code: string;
  readonly evidence: readonly string[];
}

const node = process.execPath;
const gcc = requirePeer('gcc', 'a program to which the kernel refuses a system call');
const PACKAGES = fileURLToPath(new URL('../../node_modules/@ringtail', import.meta.url));

/** A program in the sandbox that can import the tracer. */
function programOf(sandbox: Sandbox, source: string, name = 'app.mjs'): string {
  const modules = join(sandbox.directory, 'node_modules');
  if (!existsSync(modules)) {
    mkdirSync(modules);
    symlinkSync(PACKAGES, join(modules, '@ringtail'));
  }
  const path = join(sandbox.directory, name);
  writeFileSync(path, source);
  return path;
}

/** A program in C of `programs`. */
function compiled(sandbox: Sandbox, name: string): string {
  const path = join(sandbox.directory, 'compiled');
  execFileSync('gcc', ['-o', path, program(name)]);
  return path;
}

/** Summary of a recording, for programs and for people. */
async function told(sandbox: Sandbox, command: readonly string[]): Promise<{ findings: Finding[]; events: string[] }> {
  const { summary, trace } = await record(sandbox, command);
  const { findings } = summary as unknown as { findings: Finding[] };
  const events = summary.eventsRecorded === 0 ? [] : eventsOf(sandbox, trace).map(({ fields }) => fields);
  return { findings, events };
}

const TICK = `import { provider, u32 } from '@ringtail/tracer';
provider('app').tracepoint('tick', [['n', u32]])(1);
`;

it('refused tracepoints are named, and others record', async () => {
  const sandbox = makeSandbox();
  const app = programOf(
    sandbox,
    `import { provider, u32 } from '@ringtail/tracer';
     const p = provider('svc');
     p.tracepoint('GET "/orders"', [['n', u32]])(1);
     p.tracepoint('ok', [['content-length', u32]])(2);
     p.tracepoint('x'.repeat(300), [['n', u32]])(3);
     p.tracepoint('fine', [['n', u32]])(4);`,
  );
  const { findings, events } = await told(sandbox, [node, app]);
  expect(events).toHaveLength(1);
  expect(findings.map(({ code }) => code)).toEqual(['TRACEPOINT_REFUSED']);
  expect(findings[0]?.evidence.map((line) => /tracepoint svc:(\S{2})/.exec(line)?.[1])).toEqual(['GE', 'ok', 'xx']);
  const text = (await ringtail(sandbox, ['record', '-o', join(sandbox.directory, 'again'), node, app])).stderr;
  expect(text).toContain('not everything was recorded:');
  expect(text).toContain('tracepoint svc:ok is refused');
});

describe('a program whose tracer cannot start', () => {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission') ? '' : 'experimental-';
  // If permissions restrict sockets too, the program itself cannot report anything.
  const isMute = process.allowedNodeEnvironmentFlags.has('--allow-net');
  const NO_ADDONS: readonly (readonly [string, string, readonly string[], string])[] = [
    ['native addons are switched off', 'addons', ['--no-addons'], 'SHARED_MEMORY_REFUSED'],
    [
      'permissions are restricted',
      isMute ? '--permission' : 'addons',
      [`--${permission}permission`, '--allow-fs-read=*'],
      isMute ? 'NOT_RECORDED' : 'SHARED_MEMORY_REFUSED',
    ],
    ['koffi is switched off', 'RINGTAIL_NO_KOFFI=1', [], 'SHARED_MEMORY_REFUSED'],
  ];

  it.each(NO_ADDONS)('reports why with %s', async (_, words, options, code) => {
    const sandbox = makeSandbox();
    const app = programOf(sandbox, TICK);
    const switches = words.includes('=') ? ['env', words] : [];
    const { findings, events } = await told(sandbox, [...switches, node, ...options, app]);
    expect(events).toEqual([]);
    expect(findings.map((finding) => finding.code)).toEqual([code]);
    expect(findings[0]?.evidence.join()).toContain(words);
  });

  it('reports why beside a recorded program, even if it ends at once', async () => {
    const sandbox = makeSandbox();
    const app = programOf(sandbox, TICK);
    const { findings, events } = await told(sandbox, ['sh', '-c', `${node} ${app}; ${node} --no-addons ${app}`]);
    expect(events).toHaveLength(1);
    expect(findings.map(({ code }) => code)).toEqual(['SHARED_MEMORY_REFUSED']);
  });

  it.skipIf(gcc === undefined)('reports that memory files are refused to it', async () => {
    const sandbox = makeSandbox();
    const number = process.arch === 'arm64' ? '279' : '319';
    const refuse = compiled(sandbox, 'refuse-system-call.c');
    const EPERM = '1';
    const { findings } = await told(sandbox, [refuse, number, EPERM, node, programOf(sandbox, TICK)]);
    expect(findings.map(({ code }) => code)).toEqual(['SHARED_MEMORY_REFUSED']);
    expect(findings[0]?.evidence.join()).toMatch(/memfd_create .*EPERM/);
  });

  it('reports this to a session that is started later', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, 'create', 's', '--no-output');
    await succeed(sandbox, 'enable-event', '-u', 'app:*');
    const app = programOf(sandbox, `${TICK} console.log('ready'); setInterval(() => {}, 1000);`);
    const running = startNode(sandbox, ['--no-addons', app]);
    await running.says(/ready/);
    await until(async () => {
      await succeed(sandbox, 'start');
      const { findings } = await resultOf<{ findings: Finding[] }>(sandbox, 'status');
      expect((await ringtail(sandbox, ['stop'])).code).toBe(0);
      return findings.some(({ code, evidence }) => code === 'SHARED_MEMORY_REFUSED' && /addons/.test(evidence.join()));
    });
  });
});

describe('a worker of a recorded program is recorded', () => {
  const WORKERS = `import { once } from 'node:events';
    import { isMainThread, SHARE_ENV, Worker, workerData } from 'node:worker_threads';
    import { provider, str } from '@ringtail/tracer';
    provider('w').tracepoint('hello', [['who', str]])(isMainThread ? 'main' : workerData);
    const start = (who, options) => once(new Worker(new URL(import.meta.url), { ...options, workerData: who }), 'exit');
    if (isMainThread) {
      if (process.argv[2] !== undefined) {
        process.setgid(Number(process.argv[2]));
        process.setuid(Number(process.argv[2]));
      }
      await start('empty', { env: {} });
      await start('shared', { env: SHARE_ENV });
    } else if (workerData === 'empty') await start('nested', {});`;
  const whoOf = (fields: string): string | undefined => /who = "(.*)"/.exec(fields)?.[1];

  it('whatever its environment', async () => {
    const sandbox = makeSandbox();
    const { findings, events } = await told(sandbox, [node, programOf(sandbox, WORKERS)]);
    expect(events.map(whoOf)).toEqual(['main', 'empty', 'nested', 'shared']);
    expect(findings).toEqual([]);
  });

  it.skipIf(!isRoot)('after the process has changed its user', async () => {
    const sandbox = makeSandbox();
    chmodSync(sandbox.directory, 0o711);
    const { findings, events } = await told(sandbox, [node, programOf(sandbox, WORKERS), '54321']);
    expect(events.map(whoOf)).toEqual(['main', 'empty', 'nested', 'shared']);
    expect(findings).toEqual([]);
  });
});

it('a program that closes descriptors of the tracer is reported, also by a trigger', async () => {
  const sandbox = sandboxWithDaemon();
  await succeed(sandbox, 'create', 's');
  await succeed(sandbox, 'add-trigger', '--condition=session-trouble', '--session=s', '--action=notify');
  await succeed(sandbox, 'enable-event', '-u', 'app:*');
  await succeed(sandbox, 'start');
  const app = programOf(
    sandbox,
    `${TICK} import { closeSync, readdirSync, readlinkSync } from 'node:fs';
     const close = (names) => {
       for (const fd of readdirSync('/proc/self/fd')) {
         try {
           if (names.test(readlinkSync('/proc/self/fd/' + fd)) && Number(fd) > 2) closeSync(Number(fd));
         } catch {}
       }
     };
     // libuv ends a process that closes a socket before the event loop has seen it.
     await new Promise((resolve) => setTimeout(resolve, 50));
     close(/^socket:/);
     // The session daemon sees the end of the connection before the other descriptors are closed.
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
     close(/^.memfd:/);
     console.log('ready');
     setInterval(() => {}, 1000);`,
  );
  const running = startNode(sandbox, [app]);
  await running.says(/ready/);
  await until(async () => (await resultOf<{ findings: Finding[] }>(sandbox, 'status')).findings.length > 0);
  const { findings } = await resultOf<{ findings: Finding[] }>(sandbox, 'status');
  expect(findings.map(({ code }) => code)).toEqual(['NOT_RECORDED']);
  expect(findings[0]?.evidence.join()).toContain(`process ${running.pid} `);
  const { triggers } = await resultOf<{ triggers: { occurrences: number }[] }>(sandbox, 'list-triggers');
  expect(triggers.map(({ occurrences }) => occurrences)).toEqual([1]);
  const stopped = await ringtail(sandbox, ['stop']);
  expect(stopped.stdout).toContain('1 event');
  expect(stopped.stderr).toContain('has closed descriptors of the tracer');
});

describe.skipIf(!hasTimeNamespaces())('programs in several time namespaces', () => {
  const ahead = (seconds: number) => ['unshare', '--time', '--monotonic', String(seconds), '--fork'];

  /** Checks that all events are within the time of the recording, by the clock that all namespaces share. */
  function expectOneTimeLine(sandbox: Sandbox, trace: string, count: number, beginMs: number): void {
    const times = timestampsOf(sandbox, trace).map((time) => Number(time / 1_000_000n));
    expect(times).toHaveLength(count);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(beginMs - 1);
    expect(Math.max(...times)).toBeLessThanOrEqual(Date.now() + 1);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  }

  it.each(['', 'RINGTAIL_NO_CLOCK_ADDON=1'])('are on one time line with the recorder (%s)', async (variable) => {
    const sandbox = makeSandbox();
    const run = `${variable} ${node} ${programOf(sandbox, TICK)}`;
    const lines = [run, `${ahead(86_400).join(' ')} env ${run}`, `${ahead(-100).join(' ')} env ${run}`, run];
    const beginMs = Date.now();
    const { summary, trace } = await record(sandbox, ['sh', '-c', lines.join('\n')]);
    expect(summary.eventsRecorded).toBe(4);
    expectOneTimeLine(sandbox, trace, 4, beginMs);
  });

  it('are on one time line with a recorder in another one', async () => {
    const sandbox = sandboxWithDaemon();
    const [unshare, ...options] = ahead(86_400) as [string, ...string[]];
    const cli = fileURLToPath(new URL('../../packages/cli/bin/ringtail.mjs', import.meta.url));
    const trace = join(sandbox.directory, 'trace');
    const made = spawnSync(unshare, [...options, node, cli, 'create', 's', '-o', trace], { env: sandbox.env });
    expect(made.status, made.stderr.toString()).toBe(0);
    const beginMs = Date.now();
    await succeed(sandbox, 'enable-event', '-u', 'app:*');
    await succeed(sandbox, 'start');
    expect((await startNode(sandbox, [programOf(sandbox, TICK)]).ended).code).toBe(0);
    await succeed(sandbox, 'destroy');
    expectOneTimeLine(sandbox, trace, 1, beginMs);
  });
});

function hasTimeNamespaces(): boolean {
  const has = spawnSync('unshare', ['--time', '--fork', 'true']).status === 0;
  if (!has) process.stderr.write('SKIPPED: no time namespace can be made: not tested: programs in several of them\n');
  return has;
}

describe('a trace that is removed while it is recorded', () => {
  /** Emits the number of events on each line of its standard input. */
  const COUNTED = `import { createInterface } from 'node:readline';
    import { provider, u32 } from '@ringtail/tracer';
    const tick = provider('app').tracepoint('tick', [['n', u32]]);
    for await (const line of createInterface({ input: process.stdin })) {
      for (let n = 0; n < Number(line); n++) tick(n);
      console.log('emitted ' + line);
    }`;

  interface Details {
    readonly statistics: { readonly eventsRecorded: number; readonly eventsLost: number };
    readonly findings: readonly Finding[];
  }

  async function removed() {
    const sandbox = sandboxWithDaemon();
    const trace = join(sandbox.directory, 'trace');
    await succeed(sandbox, 'create', 's', '-o', trace);
    await succeed(sandbox, 'enable-event', '-u', 'app:*');
    await succeed(sandbox, 'start');
    const app = startNode(sandbox, [programOf(sandbox, COUNTED)]);
    const emit = async (count: number) => {
      app.process.stdin?.write(`${count}\n`);
      await app.says(new RegExp(`emitted ${count}\\b`));
    };
    const counts = async (): Promise<readonly [number, number]> => {
      const { statistics } = await resultOf<Details>(sandbox, 'status');
      return [statistics.eventsRecorded, statistics.eventsLost];
    };
    await emit(5);
    await until(async () => (await counts())[0] === 5);
    rmSync(trace, { recursive: true });
    await emit(3);
    await until(async () => (await counts())[1] === 8);
    expect(await counts()).toEqual([0, 8]);
    return { sandbox, trace, emit, counts };
  }

  it('counts its events and the following ones as lost', async () => {
    const { sandbox, trace } = await removed();
    const { findings } = await resultOf<Details>(sandbox, 'status');
    expect(findings.map(({ code }) => code)).toEqual(['TRACE_REMOVED']);
    const stopped = await ringtail(sandbox, ['stop']);
    expect(stopped.stdout).toContain('0 events');
    expect(stopped.stderr).toContain('8 events lost');
    expect(stopped.stderr).toContain(`${trace}/ust/uid`);
    expect(existsSync(trace)).toBe(false);
    await ringtail(sandbox, ['destroy']);
  });

  it('goes on in a new trace chunk with a rotation', async () => {
    const { sandbox, trace, emit, counts } = await removed();
    expect((await ringtail(sandbox, ['rotate'])).code).toBe(0);
    await emit(4);
    await ringtail(sandbox, ['stop']);
    expect(await counts()).toEqual([4, 8]);
    expect(eventsAndWarningsOf(sandbox, trace).events).toHaveLength(4);
  });

  it('goes on with a clear, which resets the count of lost events', async () => {
    const { sandbox, trace, emit, counts } = await removed();
    expect((await ringtail(sandbox, ['clear'])).code).toBe(0);
    await emit(2);
    await ringtail(sandbox, ['stop']);
    expect(await counts()).toEqual([2, 0]);
    expect(eventsAndWarningsOf(sandbox, trace).events).toHaveLength(2);
  });

  it('is not named in the summary of a recording', async () => {
    const sandbox = makeSandbox();
    const trace = join(sandbox.directory, 'trace');
    const app = programOf(
      sandbox,
      `${TICK} import { rmSync } from 'node:fs'; rmSync('${trace}', { recursive: true });`,
    );
    const ended = await ringtail(sandbox, ['record', '-o', trace, node, app]);
    expect(ended.stderr).toContain('1 event lost');
    expect(ended.stderr).toContain('TRACE_REMOVED');
    expect(ended.stderr).not.toContain('show it');
  });
});

describe('a program that does not register', () => {
  const PARENT = `import { spawn } from 'node:child_process';
    import { provider, u32 } from '@ringtail/tracer';
    provider('app').tracepoint('tick', [['n', u32]])(1);
    const child = spawn(process.execPath, ['child.mjs', 'a secret'], { env: {}, stdio: 'inherit', cwd: import.meta.dirname ?? '.' });`;

  /** A child lives until its standard input ends, which is the parent's: it stays in no case when a test has failed. */
  const WHILE_WATCHED = 'process.stdin.resume();';

  it('because its environment was removed is named in the summary of a recording', async () => {
    const sandbox = makeSandbox();
    programOf(sandbox, `setTimeout(() => {}, 1500);`, 'child.mjs');
    const { findings, events } = await told(sandbox, [node, programOf(sandbox, PARENT)]);
    expect(events).toHaveLength(1);
    expect(findings.map(({ code }) => code)).toEqual(['NOT_RECORDED']);
    expect(findings[0]?.evidence).toEqual([
      expect.stringMatching(
        /^child\.mjs ran in Node\.js .* lacks NODE_OPTIONS and RINGTAIL_RUNDIR .*\(UNREGISTERED\)$/,
      ),
    ]);
  });

  it('is named in place of the general reason if no program registers', async () => {
    const sandbox = makeSandbox();
    const app = programOf(sandbox, `setTimeout(() => {}, 1500);`);
    const { findings } = await told(sandbox, ['env', '-i', node, app]);
    expect(findings.map(({ code }) => code)).toEqual(['NOT_RECORDED']);
    expect(findings[0]?.evidence).toEqual([expect.stringMatching(/^app\.mjs ran in Node\.js .*NODE_OPTIONS/)]);
  });

  it('is named when a session stops, if a recorded program started it without the tracer', async () => {
    const sandbox = sandboxWithDaemon();
    await succeed(sandbox, 'create', 's', '--no-output');
    await succeed(sandbox, 'enable-event', '-u', 'app:*');
    await succeed(sandbox, 'start');
    programOf(sandbox, `console.log('ready'); ${WHILE_WATCHED}`, 'child.mjs');
    const NODE_OPTIONS = `--import=${REGISTER_URL}`;
    const parent = startNode(sandbox, [programOf(sandbox, `${PARENT} setInterval(() => {}, 1000);`)], { NODE_OPTIONS });
    await parent.says(/ready/);
    const stopped = await ringtail(sandbox, ['stop']);
    expect(stopped.stderr).toMatch(/child\.mjs ran in Node\.js and did not register: .* NODE_OPTIONS/);
  });

  interface Told {
    readonly statistics: { readonly programsNotRecorded: number };
    readonly findings: readonly Finding[];
  }

  it('is named no longer by a session that records when it registers after all', async () => {
    const sandbox = sandboxWithDaemon();
    for (const name of ['stopped', 'goes-on']) {
      await succeed(sandbox, 'create', name, '--no-output');
      await succeed(sandbox, 'enable-event', '-u', 'app:*');
      await succeed(sandbox, 'start');
    }
    programOf(
      sandbox,
      `import { once } from 'node:events';
       await once(process.stdin, 'data');
       process.env.RINGTAIL_RUNDIR = process.argv[3];
       const { provider, u32 } = await import('@ringtail/tracer');
       provider('app').tracepoint('late', [['n', u32]])(1);
       console.log('registered');
       ${WHILE_WATCHED}`,
      'child.mjs',
    );
    const held = PARENT.replace(`'a secret'`, `'a secret', process.env.RINGTAIL_RUNDIR`);
    const app = programOf(sandbox, `${held} child.once('spawn', () => console.log('started'));`);
    const parent = startNode(sandbox, [app], { NODE_OPTIONS: `--import=${REGISTER_URL}` });
    await parent.says(/started/);
    const told = async (name: string) => {
      await succeed(sandbox, 'set-session', name);
      const { statistics, findings } = await resultOf<Told>(sandbox, 'status');
      return [statistics.programsNotRecorded, findings.flatMap(({ evidence }) => evidence).join()] as const;
    };
    const notRegistered = expect.stringMatching(/^child\.mjs ran in Node\.js and did not register/);
    const stopped = await ringtail(sandbox, ['stop', 'stopped']);
    expect(stopped.stderr).toContain('did not register');
    expect(await told('goes-on')).toEqual([1, notRegistered]);
    parent.process.stdin?.write('go\n');
    await parent.says(/registered/);
    await until(async () => (await told('goes-on'))[0] === 0);
    expect(await told('goes-on')).toEqual([0, '']);
    expect((await told('stopped'))[0]).toBe(1);
    expect((await ringtail(sandbox, ['stop', 'goes-on'])).stderr).not.toContain('did not register');
  });

  it('is not reported if it should not register, or runs no script', async () => {
    const sandbox = makeSandbox();
    const { findings } = await told(sandbox, [
      'sh',
      '-c',
      `${node} ${programOf(sandbox, TICK)}; env -i ${node} --version`,
    ]);
    expect(findings).toEqual([]);
  });
});
