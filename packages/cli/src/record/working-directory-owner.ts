import { statSync } from 'node:fs';
import { TRUSTED_USERS } from '@ringtail/posix';
import type { Context } from '../context/context.ts';

/**
 * The context for recording a command with a private daemon. Where root runs the command in a directory of another
 * user, as in a container with a mounted project, that user already decides which code root runs, and so may own the
 * trace's directory.
 */
export function trustingWorkingDirectoryOwner(context: Context): Context {
  const { env, cwd, uid } = context;
  if (uid !== 0 || cwd === null || env[TRUSTED_USERS] !== undefined) return context;
  const stats = statSync(cwd, { throwIfNoEntry: false });
  if (stats === undefined || stats.uid === 0) return context;
  return { ...context, env: { ...env, [TRUSTED_USERS]: `${stats.uid}:${stats.gid}` } };
}
