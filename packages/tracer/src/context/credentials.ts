import type { NamedFieldSpec } from '@ringtail/ctf';
import { loadPosix, type Posix } from '@ringtail/posix';
import type { ContextSource } from './context-source.ts';

export type CredentialName = 'vuid' | 'vgid' | 'veuid' | 'vegid' | 'vsuid' | 'vsgid';

/** Captured at load. Only Windows, where nothing is recorded, lacks them. */
const none = () => 0;
const { getuid = none, geteuid = none, getgid = none, getegid = none } = process;

const CALLS: Readonly<Partial<Record<CredentialName, () => number>>> = {
  vuid: getuid,
  veuid: geteuid,
  vgid: getgid,
  vegid: getegid,
};

/**
 * Identifiers of users and groups. They are read for every event, since servers give up root after they have opened
 * their ports: a cached value would still be root's.
 */
export function credentialContext(name: CredentialName, field: NamedFieldSpec): ContextSource {
  const call = CALLS[name];
  if (call !== undefined) {
    const constant = `ctx_${name}`;
    return { field, read: call, inline: { expression: `${constant}()`, constants: { [constant]: call } } };
  }
  const loaded = loadPosix();
  if (!loaded.ok) return { field, read: none };
  return { field, read: name === 'vsuid' ? savedUser(loaded.posix) : savedGroup(loaded.posix) };
}

function savedUser(posix: Posix): () => number {
  return savedId(getuid, geteuid, () => posix.userIds()[2]);
}

function savedGroup(posix: Posix): () => number {
  return savedId(getgid, getegid, () => posix.groupIds()[2]);
}

/**
 * Reads a saved identifier, which costs a foreign call, only if another one has changed: Node.js changes none of them
 * alone.
 */
function savedId(real: () => number, effective: () => number, read: () => number): () => number {
  let lastReal = -1;
  let lastEffective = -1;
  let saved = 0;
  return () => {
    const nowReal = real();
    const nowEffective = effective();
    if (nowReal !== lastReal || nowEffective !== lastEffective) {
      saved = read();
      lastReal = nowReal;
      lastEffective = nowEffective;
    }
    return saved;
  };
}
