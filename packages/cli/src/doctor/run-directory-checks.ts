import { dirname } from 'node:path';
import { runDirectoryAt } from '@ringtail/protocol';
import { shellQuote } from '../quantity.ts';
import { userName } from '../users.ts';
import { type Check, fine, type Machine, problem, warning } from './check.ts';

/** Longest path of a Unix socket, its final zero included (`sun_path`). */
const SOCKET_PATH_BYTES_MAX = 108;
const WRITABLE_BY_OTHERS = 0o022;

/** What was found out about the session daemon of a run directory. */
export type DaemonFacts =
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'running'; readonly pid: number; readonly version: string; readonly consumerPid: number | null };

/** A run directory, and the daemon in it. */
export function runDirectoryChecks(
  machine: Machine,
  path: string,
  daemon: DaemonFacts,
  ownVersion: string,
): readonly Check[] {
  return [directory(machine, path, daemon), ...daemonChecks(path, daemon, ownVersion)];
}

function directory(machine: Machine, path: string, daemon: DaemonFacts): Check {
  const name = `run directory ${path}`;
  if (Buffer.byteLength(runDirectoryAt(path).consumerSocket) >= SOCKET_PATH_BYTES_MAX) {
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

function daemonChecks(path: string, daemon: DaemonFacts, ownVersion: string): Check[] {
  const name = 'session daemon';
  switch (daemon.kind) {
    case 'none':
      return [fine(name, `none runs in ${path}; ringtail create starts one where it is yours`)];
    case 'refused':
      return [warning(name, `${path}: ${daemon.why}`, 'ask whoever it belongs to, or join the tracing group')];
    case 'running': {
      const consumer =
        daemon.consumerPid === null
          ? [problem('consumer daemon', 'does not run', `${path}/sessiond.log says why it ended`)]
          : [fine('consumer daemon', `process ${daemon.consumerPid}`)];
      const what = `process ${daemon.pid}, version ${daemon.version}`;
      const version =
        daemon.version === ownVersion
          ? fine(name, what)
          : warning(name, `${what}; this command is of version ${ownVersion}`, 'end it and start it again');
      return [version, ...consumer];
    }
  }
}
