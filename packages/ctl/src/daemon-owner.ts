import { lstatSync } from 'node:fs';
import { runDirectoryAt } from '@ringtail/posix';
import { groupName, userName } from '@ringtail/posix/accounts';

const GROUP_MAY_CONNECT = 0o060;

/** Owner and mode of a path. */
interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** The user of a session daemon, and the group whose members may give commands to it. */
export interface DaemonOwner {
  readonly user: string;
  readonly group: string | undefined;
}

/**
 * Owner of the daemon in a run directory, by its socket, else by the directory; undefined if this user can see neither.
 */
export function daemonOwner(runDirectory: string): DaemonOwner | undefined {
  const socket = ownership(runDirectoryAt(runDirectory).clientSocket);
  if (socket !== undefined) return ownerBySocket(socket);
  const directory = ownership(runDirectory);
  return directory && { user: userName(directory.uid), group: undefined };
}

/** Owner of the daemon that made this `client.sock`. */
export function ownerBySocket({ uid, gid, mode }: Ownership): DaemonOwner {
  const group = (mode & GROUP_MAY_CONNECT) === GROUP_MAY_CONNECT ? groupName(gid) : undefined;
  return { user: userName(uid), group };
}

function ownership(path: string): Ownership | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** Describes the owner of a daemon that refuses commands of this user. */
export function describeOwner(owner: DaemonOwner | undefined): string {
  if (owner === undefined) return 'belongs to another user';
  if (owner.group === undefined) return `belongs to ${owner.user}`;
  return `belongs to ${owner.user} and serves the group ${owner.group}, which you are not in`;
}
