import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs of others that judge what Ringtail writes. `tools/install-peers.sh` installs them. */
export type Peer = 'babeltrace2' | 'lttng' | 'lttng-sessiond' | 'sqlite3' | 'gcc';

/**
 * Where a peer is installed. For use with `describe.skipIf(path === undefined)`.
 *
 * @param judged what goes untested without it, for the line that says so
 * @returns undefined where it is absent and the tests are to be skipped
 * @throws in CI, where an absent peer is a failure
 */
export function requirePeer(peer: Peer, judged: string): string | undefined {
  return required(findInPath(peer), peer, judged);
}

/** Headers of others' libraries, for programs in C that judge us: those of `liblttng-ust-dev` and of `liblttng-ctl-dev`. */
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

/** Programs of others that take long to install, so that a machine without them is no failure anywhere. */
export type OptionalPeer = 'prometheus' | 'prometheus-alertmanager' | 'promtool';

/** As `requirePeer`, of a peer that may be absent in CI as well. Its Debian package has the name of the program. */
export function optionalPeer(peer: OptionalPeer, judged: string): string | undefined {
  const path = findInPath(peer);
  if (path === undefined) process.stderr.write(`SKIPPED: ${peer} is not installed: not tested: ${judged}\n`);
  return path;
}

function findInPath(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
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
