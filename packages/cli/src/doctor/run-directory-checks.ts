import { dirname } from 'node:path';
import { ownerBySocket } from '@ringtail/ctl';
import { runDirectoryAt, UNIX_PATH_BYTES_MAX } from '@ringtail/posix';
import { userName } from '@ringtail/posix/accounts';
import { CONTROL_COUNTERS_OFFSET, type DaemonStatus } from '@ringtail/protocol';
import { permissionHint } from '../daemon/daemon.ts';
import { formatBytes, shellQuote } from '../output/quantity.ts';
import { type Check, fine, type Machine, problem, warning } from './check.ts';
import { fileSizeLimit } from './process-limit.ts';

/** Part of a control file that a session daemon writes. */
const DAEMON_FILE_BYTES_MIN = CONTROL_COUNTERS_OFFSET;
const WRITABLE_BY_OTHERS = 0o022;

/** State of the session daemon in a run directory. */
export type DaemonFacts =
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly code: string; readonly why: string }
  | ({ readonly kind: 'running' } & Pick<
      DaemonStatus,
      'pid' | 'version' | 'missingGroup' | 'consumerPid' | 'consumers'
    >);

/** A run directory, and the daemon in it. */
export function runDirectoryChecks(
  machine: Machine,
  path: string,
  daemon: DaemonFacts,
  ownVersion: string,
): readonly Check[] {
  return [directory(machine, path, daemon), ...daemonChecks(machine, path, daemon, ownVersion)];
}

function directory(machine: Machine, path: string, daemon: DaemonFacts): Check {
  const name = `run directory ${path}`;
  if (Buffer.byteLength(runDirectoryAt(path).consumerSocket) > UNIX_PATH_BYTES_MAX) {
    return problem(name, 'its path is too long for a socket', 'set RINGTAIL_RUNDIR to a shorter one');
  }
  const facts = machine.lookAt(path);
  if (facts === undefined) return absent(machine, path, name);
  const remove = `look at it, remove it and start the daemon again: rm -r ${shellQuote(path)}`;
  if (facts.kind === 'link') return problem(name, 'is a symbolic link, which daemons refuse', remove);
  if (facts.kind !== 'directory') return problem(name, 'is no directory', remove);
  if (facts.uid !== machine.uid && facts.uid !== 0) {
    return problem(name, `belongs to user ${userName(facts.uid)}`, 'set RINGTAIL_RUNDIR to a directory of your own');
  }
  if ((facts.mode & WRITABLE_BY_OTHERS) !== 0) {
    const mode = facts.mode.toString(8);
    return problem(
      name,
      `can be written to by others (mode ${mode}), which daemons refuse`,
      `chmod go-w ${shellQuote(path)}`,
    );
  }
  if (daemon.kind === 'none' && machine.lookAt(runDirectoryAt(path).clientSocket) !== undefined) {
    return warning(
      name,
      'has the sockets of a session daemon that does not run any more',
      'nothing: the next daemon removes them',
    );
  }
  return fine(name, `belongs to user ${userName(facts.uid)}, mode ${facts.mode.toString(8)}`);
}

function absent(machine: Machine, path: string, name: string): Check {
  const parent = machine.lookAt(dirname(path));
  if (parent === undefined) {
    return warning(
      name,
      `cannot be made: there is no ${dirname(path)}`,
      'set RINGTAIL_RUNDIR to a directory that can be made',
    );
  }
  return fine(name, 'does not exist yet; a session daemon makes it');
}

function daemonChecks(machine: Machine, path: string, daemon: DaemonFacts, ownVersion: string): Check[] {
  const name = 'session daemon';
  switch (daemon.kind) {
    case 'none':
      return [fine(name, `none runs in ${path}; ringtail create starts one where it is yours`)];
    case 'refused': {
      if (daemon.code !== 'NOT_PERMITTED') {
        return [warning(name, `${path}: ${daemon.why}`, `${path}/sessiond.log says more; end it and start it again`)];
      }
      const socket = machine.lookAt(runDirectoryAt(path).clientSocket);
      return [warning(name, daemon.why, permissionHint(socket && ownerBySocket(socket)))];
    }
    case 'running': {
      const what = `process ${daemon.pid}, version ${daemon.version}`;
      const version =
        daemon.version === ownVersion
          ? fine(name, what)
          : warning(name, `${what}; this command is of version ${ownVersion}`, 'end it and start it again');
      return [version, ...limits(machine, daemon), consumer(path, daemon)];
    }
  }
}

type RunningDaemon = Extract<DaemonFacts, { kind: 'running' }>;

/** Settings with which a daemon was started and that hinder it. */
function limits(machine: Machine, { pid, missingGroup }: RunningDaemon): Check[] {
  const name = 'session daemon';
  const bytes = fileSizeLimit(machine, pid);
  const found: Check[] = [];
  if (bytes < DAEMON_FILE_BYTES_MIN) {
    const needed = formatBytes(DAEMON_FILE_BYTES_MIN);
    const what = `process ${pid} may write files of at most ${formatBytes(bytes)} (ulimit -f), and needs ${needed}`;
    found.push(problem(name, what, 'start it without that limit: ulimit -f unlimited, LimitFSIZE= of a systemd unit'));
  }
  if (missingGroup) {
    const what = `there is no group ${missingGroup}: only root may give commands`;
    found.push(warning(name, what, 'make the group, or start the daemon with --group and another'));
  }
  return found;
}

/** A consumer of another user than the daemon's lives only while that user has sessions. */
function consumer(path: string, { consumerPid, consumers }: RunningDaemon): Check {
  const name = 'consumer daemon';
  if (consumerPid !== null) return fine(name, `process ${consumerPid}`);
  if (consumers.length === 0) return fine(name, 'none: one is started with your first session');
  return problem(name, 'does not run', `${path}/sessiond.log says why it ended`);
}
