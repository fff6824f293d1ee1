import { spawnSync } from 'node:child_process';
import { lstatSync, type Stats, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describeError } from '@ringtail/base';
import { textIn } from '@ringtail/base/files';
import { loadPosix } from '@ringtail/posix';
import type { Context } from '../context/context.ts';
import type { Machine, PathFacts } from './check.ts';

const VERSION_TIMEOUT_MS = 5000;
const PERMISSION_BITS = 0o7777;

/** The machine that we run on. */
export function thisMachine({ env, uid, gids }: Context): Machine {
  return {
    platform: process.platform,
    arch: process.arch,
    nodeVersion: process.version,
    uid,
    gids,
    env,
    posix: loadPosix(),
    textOf: textIn,
    lookAt,
    spaceOf,
    clockAddonRefusal: () => clockAddonRefusal(env),
    versionOf: (program) => versionOf(program, env),
  };
}

function lookAt(path: string): PathFacts | undefined {
  try {
    const stat = lstatSync(path);
    return { kind: kindOf(stat), uid: stat.uid, gid: stat.gid, mode: stat.mode & PERMISSION_BITS };
  } catch {
    return undefined;
  }
}

function kindOf(stat: Stats): PathFacts['kind'] {
  if (stat.isDirectory()) return 'directory';
  if (stat.isSocket()) return 'socket';
  return stat.isSymbolicLink() ? 'link' : 'file';
}

function spaceOf(path: string): { bytes: number; freeBytes: number } | undefined {
  try {
    const { bsize, blocks, bavail } = statfsSync(path);
    return { bytes: bsize * blocks, freeBytes: bsize * bavail };
  } catch {
    return undefined;
  }
}

/** Loads the addon of the tracer that recordings load. */
function clockAddonRefusal(env: Context['env']): string | null {
  if (env.RINGTAIL_NO_CLOCK_ADDON) return 'RINGTAIL_NO_CLOCK_ADDON is set';
  try {
    createRequire(import.meta.url)(`#clock-${process.platform}-${process.arch}`);
    return null;
  } catch (error) {
    return describeError(error).split('\n')[0] as string;
  }
}

function versionOf(program: string, env: Context['env']): string | undefined {
  const options = { env: { ...env }, encoding: 'utf8', timeout: VERSION_TIMEOUT_MS } as const;
  const { status, stdout } = spawnSync(program, ['--version'], options);
  return status === 0 ? stdout.trim().split('\n')[0] : undefined;
}
