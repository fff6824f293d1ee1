import { closeSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeError } from '@ringtail/base';
import { loadPosix } from '@ringtail/posix';
import { defaultRunDirectory } from '@ringtail/protocol';
import { DaemonError } from './daemon-error.ts';
import { FileLog, LOG_LEVELS, type LogLevel } from './log.ts';
import { claimRunDirectory } from './run-directory-claim.ts';
import { startSessionDaemon } from './session-daemon.ts';

const USAGE = `Usage: ringtail-sessiond [OPTION]...
Keeps sessions, serves applications and clients, and starts the consumer daemon.

  --rundir DIR        run directory (default: RINGTAIL_RUNDIR, /run/ringtail for root,
                      $XDG_RUNTIME_DIR/ringtail or a private directory under /tmp)
  --log-level LEVEL   ${LOG_LEVELS.join(', ')} (default: info); the log is DIR/sessiond.log
  --log-stderr        write the log to standard error as well
  --ready-fd N        write "ready" to descriptor N once applications and clients can connect
  --lifeline          end when whoever reads descriptor --ready-fd goes away
  --consumer PATH     main module of the consumer daemon (default: that of @ringtail/consumerd)
  --help              print this
`;

try {
  await main();
} catch (error) {
  process.stderr.write(`ringtail-sessiond: ${describeError(error)}\n`);
  // What was started already must not keep a daemon alive that serves nobody.
  process.exit(1);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  const uid = process.geteuid?.() ?? 0;
  const loaded = loadPosix();
  if (!loaded.ok)
    throw new DaemonError('BAD_ARGUMENT', `this system has no use for a session daemon: ${loaded.reason}`);

  // Every file and socket is ours alone, but for those that are opened up on purpose.
  process.umask(0o077);
  const runDirectory = options.rundir ?? defaultRunDirectory(process.env, uid).path;
  if (uid === 0) process.umask(0o022);
  const claim = await claimRunDirectory(resolve(runDirectory), uid, uid === 0 ? 0o755 : 0o700);
  process.umask(0o077);
  process.chdir('/');
  const log = new FileLog({
    path: claim.directory.logFile,
    level: options.logLevel,
    toStderr: options.logStderr,
    now: () => new Date(),
  });
  const fail = (error: unknown) => {
    log.error(`failed: ${error instanceof Error ? error.stack : String(error)}`);
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);

  const consumerMain = options.consumer ?? fileURLToPath(import.meta.resolve('@ringtail/consumerd/main'));
  const daemon = await startSessionDaemon({ posix: loaded.posix, claim, uid, consumerMain, log }).catch((error) => {
    claim.release();
    throw error;
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => void daemon.stop(`received ${signal}`));
  }
  if (options.readyFd !== undefined) {
    announceReady(options.readyFd);
    if (options.lifeline) whenClosed(options.readyFd, () => void daemon.stop('whoever started it has gone'));
    else if (options.readyFd > 2) closeSync(options.readyFd);
  }
  await daemon.stopped;
  process.exit(0);
}

interface Options {
  readonly rundir: string | undefined;
  readonly logLevel: LogLevel;
  readonly logStderr: boolean;
  readonly readyFd: number | undefined;
  readonly lifeline: boolean;
  readonly consumer: string | undefined;
}

/** Undefined if help is asked for. */
function readOptions(): Options | undefined {
  const { values } = parse();
  if (values.help) return undefined;
  const logLevel = LOG_LEVELS.find((level) => level === (values['log-level'] ?? 'info'));
  if (logLevel === undefined)
    throw new DaemonError('BAD_ARGUMENT', `--log-level must be one of ${LOG_LEVELS.join(', ')}`);
  const readyFd = values['ready-fd'];
  if (readyFd !== undefined && !/^[1-9][0-9]{0,5}$/.test(readyFd)) {
    throw new DaemonError('BAD_ARGUMENT', '--ready-fd must be the number of a descriptor');
  }
  return {
    rundir: values.rundir,
    logLevel,
    logStderr: values['log-stderr'] ?? false,
    readyFd: readyFd === undefined ? undefined : Number(readyFd),
    lifeline: values.lifeline ?? false,
    consumer: values.consumer === undefined ? undefined : resolve(values.consumer),
  };
}

function parse() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      options: {
        rundir: text,
        'log-level': text,
        'log-stderr': flag,
        'ready-fd': text,
        lifeline: flag,
        consumer: text,
        help: flag,
      },
    });
  } catch (error) {
    throw new DaemonError('BAD_ARGUMENT', `${describeError(error)}\n${USAGE}`);
  }
}

/** Whoever waits may have gone by now; that is nothing to us. */
function announceReady(descriptor: number): void {
  try {
    writeSync(descriptor, 'ready\n');
  } catch (error) {
    process.stderr.write(`ringtail-sessiond: cannot write to descriptor ${descriptor}: ${describeError(error)}\n`);
  }
}

/** Calls back when the other end of a pipe or socket is closed, which the kernel does for a process that is killed. */
function whenClosed(descriptor: number, callback: () => void): void {
  new Socket({ fd: descriptor, readable: true, writable: false })
    .on('error', () => {})
    .once('close', callback)
    .resume();
}
