/** The user to whom a session, trigger or process belongs. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whether an owner's sessions and triggers concern the programs of a user: root's concern all programs, other users'
 * only their own.
 */
export function concernsUser(owner: Owner, uid: number): boolean {
  return owner.uid === 0 || owner.uid === uid;
}

/** The owner of what a client creates: the client at a daemon of root, else the daemon's own user. */
export function ownerFor({ uid, gid }: Owner): Owner {
  const ours = { uid: process.geteuid?.() ?? uid, gid: process.getegid?.() ?? gid };
  return ours.uid === 0 ? { uid, gid } : ours;
}
