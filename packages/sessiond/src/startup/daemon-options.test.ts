import { describe, expect, it } from 'vitest';
import { type DaemonOptions, readDaemonOptions } from './daemon-options.ts';
import { helpText, OPTIONS } from './option-table.ts';

function read(args: readonly string[], files: Readonly<Record<string, string>> = {}): DaemonOptions {
  const surroundings = { env: { RINGTAIL_HOME: '/home/u' }, readFile: (path: string) => files[path] };
  const invocation = readDaemonOptions(args, surroundings);
  if (invocation.kind !== 'run') throw new Error(`it is ${invocation.kind}`);
  return invocation.options;
}

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn("SKIPPED: only root's daemon reads it: not tested: a malformed RINGTAIL_TRUSTED_USERS");

const config = (...lines: string[]) => ['[sessiond]', ...lines].join('\n');

describe('readDaemonOptions', () => {
  it('has defaults', () => {
    expect(read([])).toEqual({
      background: 'no',
      sigParent: false,
      pidFile: undefined,
      load: undefined,
      group: 'tracing',
      rundir: undefined,
      defaultFormat: 'ctf-1.8',
      logLevel: 'info',
      logStderr: false,
      readyFd: undefined,
      lifeline: false,
      consumer: undefined,
      metrics: undefined,
      metricsTokenFile: undefined,
      noKernel: false,
    });
  });

  it("takes LTTng's short options, several in one word too", () => {
    expect(read(['-dS', '-p', '/run/pid', '-g', 'dev', '-l', '/s', '-vv'])).toMatchObject({
      background: 'closed',
      sigParent: true,
      pidFile: '/run/pid',
      group: 'dev',
      load: '/s',
      logLevel: 'debug',
      logStderr: true,
    });
    expect(read(['-b', '-q'])).toMatchObject({ background: 'console', logLevel: 'error', logStderr: false });
    expect(read(['-v'])).toMatchObject({ logLevel: 'info', logStderr: true });
  });

  it('takes what has nothing to change here, for the sake of scripts', () => {
    const without = ['--spawn-consumers', '--event-notifier-error-buffer-size-userspace=4096'];
    expect(read(without)).toEqual(read([]));
  });

  it('leaves the kernel out on request', () => {
    expect([read([]), read(['--no-kernel'])]).toMatchObject([{ noKernel: false }, { noKernel: true }]);
  });

  it('lets later sources win: system, user, the file that was named, the command line', () => {
    const files = {
      '/etc/ringtail/ringtail.conf': config('group=system', 'load=/system', 'pidfile=/system', 'rundir=/system'),
      '/home/u/.ringtail/ringtail.conf': config('load=/user', 'pidfile=/user', 'rundir=/user'),
      '/named': config('pidfile=/named', 'rundir=/named', 'daemonize=yes'),
    };
    expect(read(['-f', '/named', '--rundir', '/argv'], files)).toMatchObject({
      group: 'system',
      load: '/user',
      pidFile: '/named',
      rundir: '/argv',
      background: 'closed',
    });
  });

  it('has the trace format from the environment where nothing else says it', () => {
    const env = { RINGTAIL_HOME: '/home/u', RINGTAIL_SESSIOND_DEFAULT_TRACE_FORMAT: 'ctf-2' };
    const formatOf = (...args: string[]) => {
      const invocation = readDaemonOptions(args, { env, readFile: () => undefined });
      return invocation.kind === 'run' ? invocation.options.defaultFormat : invocation.kind;
    };
    expect([formatOf(), formatOf('--default-trace-format=ctf-1.8')]).toEqual(['ctf-2', 'ctf-1.8']);
  });

  it('lets a file say no to what another said', () => {
    const files = {
      '/etc/ringtail/ringtail.conf': config('daemonize=yes', 'verbose=2'),
      '/home/u/.ringtail/ringtail.conf': config('daemonize=no'),
    };
    expect(read([], files)).toMatchObject({ background: 'no', logLevel: 'debug' });
  });

  it.each([
    [['--kmod-probes=a'], 'the kernel is traced without modules'],
    [['--agent-tcp-port', '5345'], 'agents'],
    [['-a', '/x'], '--rundir'],
    [['--consumerd64-path', '/x'], '--consumer'],
    [['--frobnicate'], '--help'],
    [['extra'], '--help'],
    [['-q', '-v'], 'exclude each other'],
    [['--log-level', 'loud'], 'debug'],
    [['--default-trace-format', 'ctf-3'], 'ctf-2'],
    [['--ready-fd', 'x'], 'descriptor'],
    [['-f', '/absent'], 'no configuration file'],
  ])('refuses %j and says why', (args, why) => {
    expect(() => read(args)).toThrow(why);
  });

  it.each([
    ['frobnicate=1', ':2'],
    ['help=yes', ':2'],
    ['kmod-probes=a', 'the kernel is traced without modules'],
    ['quiet=perhaps', 'yes or no'],
  ])('refuses %j in a configuration file with its place', (line, why) => {
    const files = { '/home/u/.ringtail/ringtail.conf': config(line) };
    expect(() => read([], files)).toThrow(why);
    expect(() => read([], files)).toThrow('/home/u/.ringtail/ringtail.conf');
  });

  it.skipIf(!isRoot)('names a malformed list of trusted users alone, without a file', () => {
    const env = { RINGTAIL_TRUSTED_USERS: 'abc' };
    const readFile = () => {
      throw new Error('it was read');
    };
    const refusal = 'RINGTAIL_TRUSTED_USERS="abc" is no list of users: give UID or UID:GID, separated by commas';
    expect(() => readDaemonOptions([], { env, readFile })).toThrow(
      expect.objectContaining({ code: 'DIRECTORY_REFUSED', message: refusal }),
    );
  });

  it('asks for help and the version before anything is read', () => {
    const readFile = () => {
      throw new Error('it was read');
    };
    expect(readDaemonOptions(['-h'], { env: {}, readFile })).toEqual({ kind: 'help' });
    expect(readDaemonOptions(['-V'], { env: {}, readFile })).toEqual({ kind: 'version' });
  });
});

describe('the help text', () => {
  it('has every option that is taken, in lines that fit', () => {
    const text = helpText();
    for (const [name, description] of Object.entries(OPTIONS)) {
      expect(text.includes(`--${name}`)).toBe('help' in description);
    }
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120);
  });
});
