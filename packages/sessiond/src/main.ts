import { closeSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeError, RINGTAIL_VERSION } from '@ringtail/base';
import { visibleLine } from '@ringtail/base/text';
import { DEFAULT_GROUP, defaultRunDirectory, homeDirectory, loadPosix } from '@ringtail/posix';
import { KERNEL_LEFT_OUT, KERNEL_NEEDS_ROOT } from './domains/absent-domain.ts';
import { KernelDomain } from './domains/kernel/kernel-domain.ts';
import { FileLog } from './log/log.ts';
import { DaemonError } from './model/daemon-error.ts';
import { type SessionDaemonOptions, startSessionDaemon } from './session-daemon.ts';
import { runInBackground, takeBackgroundMark } from './startup/background.ts';
import { readConfigText } from './startup/config-text.ts';
import { type DaemonOptions, readDaemonOptions } from './startup/daemon-options.ts';
import { boundHeapGrowth } from './startup/heap-growth.ts';
import { closeInheritedDescriptors } from './startup/inherited-descriptors.ts';
import { helpText } from './startup/option-table.ts';
import { writePidFile } from './startup/pid-file.ts';
import { claimRunDirectory } from './startup/run-directory-claim.ts';
import { loadSavedSessions } from './startup/saved-sessions.ts';
import { ServiceManager } from './startup/service-manager.ts';

/** LTTng's exit codes: a request that cannot be carried out; a defect. */
const EXIT_ERROR = 1;
const EXIT_FATAL = 3;

try {
  await main();
} catch (error) {
  complain(describeError(error));
  // Parts that run already must not keep alive a daemon that serves no client.
  process.exit(EXIT_ERROR);
}

async function main(): Promise<void> {
  const invocation = readDaemonOptions(process.argv.slice(2), { env: process.env, readFile: readConfigText });
  if (invocation.kind === 'help') process.stdout.write(helpText());
  else if (invocation.kind === 'version') process.stdout.write(`ringtail-sessiond ${RINGTAIL_VERSION}\n`);
  else await run(invocation.options);
}

async function run(options: DaemonOptions): Promise<void> {
  const inBackground = takeBackgroundMark(process.env);
  if (options.background === 'no' || inBackground) {
    await serve(options, inBackground);
    return;
  }
  if (options.lifeline) throw new DaemonError('BAD_ARGUMENT', '--lifeline is for a daemon in the foreground');
  const parent = process.ppid;
  const code = await runInBackground(options.background === 'console');
  if (code === 0) announceReady(options, parent);
  process.exit(code);
}

async function serve(options: DaemonOptions, inBackground: boolean): Promise<void> {
  boundHeapGrowth();
  closeInheritedDescriptors(options.readyFd === undefined ? [] : [options.readyFd]);
  const uid = process.geteuid?.() ?? 0;
  const parent = process.ppid;
  const loaded = loadPosix();
  if (!loaded.ok)
    throw new DaemonError('BAD_ARGUMENT', `this system has no use for a session daemon: ${loaded.reason}`);
  const { posix } = loaded;
  // The reader of standard error may be gone.
  process.stderr.on('error', () => {});
  const notifySocket = process.env.NOTIFY_SOCKET;
  delete process.env.NOTIFY_SOCKET;

  // All files and sockets are private, except those that are opened on purpose.
  process.umask(0o077);
  const runDirectory = options.rundir ?? defaultRunDirectory(process.env, uid).path;
  const claim = await claimRunDirectory(resolve(runDirectory), uid, uid === 0 ? 0o755 : 0o700);
  let removePidFile = (): void => {};
  const release = (): void => {
    removePidFile();
    claim.release();
  };
  try {
    if (options.pidFile !== undefined) removePidFile = writePidFile(options.pidFile);
  } catch (error) {
    release();
    throw error;
  }
  process.chdir('/');
  const log = new FileLog({
    path: claim.directory.logFile,
    level: options.logLevel,
    toStderr: options.logStderr,
    now: () => new Date(),
  });
  const fail = (error: unknown) => {
    log.error(`failed: ${error instanceof Error ? error.stack : String(error)}`);
    process.exit(EXIT_FATAL);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);

  const manager = new ServiceManager(posix, notifySocket, log);
  const consumerMain = options.consumer ?? fileURLToPath(import.meta.resolve('#consumerd'));
  const clientGroup = uid === 0 ? posix.groupIdOf(options.group) : undefined;
  const isGroupMissing = uid === 0 && clientGroup === undefined && options.group !== DEFAULT_GROUP;
  const daemon = await startSessionDaemon({
    posix,
    claim: { ...claim, release },
    uid,
    clientGroup,
    missingGroup: isGroupMissing ? options.group : null,
    consumerMain,
    helperMain: fileURLToPath(import.meta.resolve('#helper-main')),
    defaultFormat: options.defaultFormat,
    ...kernelOf(options, uid),
    metrics: options.metrics && { address: options.metrics, tokenFile: options.metricsTokenFile },
    log,
    onStopping: (why) => manager.stopping(`ending: ${why}`),
  }).catch((error) => {
    release();
    throw error;
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => void daemon.stop(`received ${signal}`));
  }
  // The default action of Node.js opens a port for a debugger.
  process.on('SIGUSR1', () => {});
  process.on('SIGUSR2', () => void daemon.snapshotAll('received SIGUSR2'));
  // A daemon for a single recording loads only files that were named.
  if (!options.lifeline || options.load !== undefined) {
    const home = homeDirectory(process.env);
    const { helpers, execute } = daemon;
    await loadSavedSessions({ uid, home, named: options.load, helpers, execute, log });
  }
  manager.ready(`serving ${claim.directory.path}`);
  announceReady(inBackground ? { ...options, sigParent: false } : options, parent);
  const { readyFd } = options;
  if (readyFd !== undefined && options.lifeline) {
    whenClosed(readyFd, () => void daemon.stop('whoever started it has gone'));
  } else if (readyFd !== undefined && readyFd > 2) {
    closeSync(readyFd);
  }
  await daemon.stopped;
  process.exit(0);
}

/** The kernel domain of a daemon of root, or the reason why there is none. */
function kernelOf({ noKernel }: DaemonOptions, uid: number): Pick<SessionDaemonOptions, 'domains' | 'kernelAbsence'> {
  if (uid !== 0) return { kernelAbsence: KERNEL_NEEDS_ROOT };
  return noKernel ? { kernelAbsence: KERNEL_LEFT_OUT } : { domains: (services) => [new KernelDomain(services)] };
}

function complain(message: string): void {
  process.stderr.write(`ringtail-sessiond: ${visibleLine(message)}\n`);
}

/** The waiting process may have gone by now, which does not matter. */
function announceReady({ readyFd, sigParent }: DaemonOptions, parent: number): void {
  try {
    if (readyFd !== undefined) writeSync(readyFd, 'ready\n');
  } catch (error) {
    complain(`cannot write to descriptor ${readyFd}: ${describeError(error)}`);
  }
  // An orphan has another parent by now, which must not get the signal.
  if (!sigParent || parent <= 1 || parent !== process.ppid) return;
  try {
    process.kill(parent, 'SIGUSR1');
  } catch (error) {
    complain(`cannot signal process ${parent}: ${describeError(error)}`);
  }
}

/** Calls back when the other end of a pipe or socket is closed: the kernel closes it for a killed process too. */
function whenClosed(descriptor: number, callback: () => void): void {
  new Socket({ fd: descriptor, readable: true, writable: false })
    .on('error', () => {})
    .once('close', callback)
    .resume();
}
