import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs of others that check Ringtail's output. `tools/install-peers.sh` installs them. */
export type Peer =
  | 'babeltrace2'
  | 'lttng'
  | 'lttng-sessiond'
  | 'sqlite3'
  | 'gcc'
  | 'chromium'
  | 'curl'
  | 'pg_ctl'
  | 'redis-server'
  | 'mariadbd'
  | 'nats-server';

/**
 * Path of an installed peer. For `describe.skipIf(path === undefined)`.
 *
 * @param judged the untested subject without it, for the message
 * @returns undefined if it is absent and the tests have to be skipped
 * @throws in CI, where an absent peer is a failure
 */
export function requirePeer(peer: Peer, judged: string): string | undefined {
  return required(findInPath(peer), peer, judged);
}

/** Headers of `liblttng-ust-dev` and `liblttng-ctl-dev`, for C programs of comparisons. */
export type PeerHeader = 'lttng/tracepoint.h' | 'lttng/lttng.h';

const INCLUDE_DIRECTORIES = ['', 'x86_64-linux-gnu', 'aarch64-linux-gnu'].map((place) => join('/usr/include', place));

/** As `requirePeer`, of a header. */
export function requireHeader(header: PeerHeader, judged: string): string | undefined {
  const places = INCLUDE_DIRECTORIES.map((directory) => join(directory, header));
  return required(
    places.find((place) => existsSync(place)),
    header,
    judged,
  );
}

function required(path: string | undefined, what: string, judged: string): string | undefined {
  if (path !== undefined) return path;
  const sentence = `${what} is not installed (tools/install-peers.sh installs it): not tested: ${judged}`;
  if (process.env.CI !== undefined && process.env.CI !== '') throw new Error(sentence);
  process.stderr.write(`SKIPPED: ${sentence}\n`);
  return undefined;
}

/** Programs of others with a long installation. Their absence is never a failure. */
export type OptionalPeer = 'prometheus' | 'prometheus-alertmanager' | 'promtool';

/** As `requirePeer`, of a peer that may be absent in CI as well. Its Debian package has the name of the program. */
export function optionalPeer(peer: OptionalPeer, judged: string): string | undefined {
  const path = findInPath(peer);
  if (path === undefined) process.stderr.write(`SKIPPED: ${peer} is not installed: not tested: ${judged}\n`);
  return path;
}

/** Not in the PATH of each user. */
const SYSTEM_PROGRAMS = '/usr/sbin';
/** Debian keeps the programs of each version of PostgreSQL in a directory of their own. */
const POSTGRESQL = '/usr/lib/postgresql';

function findInPath(program: string): string | undefined {
  const versions = program === 'pg_ctl' && existsSync(POSTGRESQL) ? readdirSync(POSTGRESQL) : [];
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .concat(SYSTEM_PROGRAMS, ...versions.map((version) => join(POSTGRESQL, version, 'bin')))
    .map((directory) => join(directory, program))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
