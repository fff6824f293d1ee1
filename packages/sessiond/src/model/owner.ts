/** The user to whom a session, trigger or process belongs. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whether an owner's sessions and triggers are about this user's programs: root's are about all, others' about their
 * own.
 */
export function isAbout(owner: Owner, uid: number): boolean {
  return owner.uid === 0 || owner.uid === uid;
}

/** The owner of what a client creates: the client at a daemon of root, else the daemon's own user. */
export function ownerFor({ uid, gid }: Owner): Owner {
  const ours = { uid: process.geteuid?.() ?? uid, gid: process.getegid?.() ?? gid };
  return ours.uid === 0 ? { uid, gid } : ours;
}
