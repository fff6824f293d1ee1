import { dirname } from 'node:path';

const ACCEPTS_CONNECTIONS = 0x1_0000;
const APPLICATIONS_SOCKET = '/app.sock';

/**
 * The run directories in which a session daemon of any user listens.
 *
 * @param text content of `/proc/net/unix`, which lists the sockets of all users in this network namespace
 */
export function listeningRunDirectories(text: string): string[] {
  const directories = text
    .split('\n')
    .slice(1)
    .map((line) => /^\S+ \S+ \S+ ([0-9A-Fa-f]+) \S+ \S+\s+\d+ (\/.*)$/.exec(line))
    .filter((match) => match !== null)
    .filter(([, flags]) => (Number.parseInt(flags as string, 16) & ACCEPTS_CONNECTIONS) !== 0)
    .map(([, , path]) => path as string)
    .filter((path) => path.endsWith(APPLICATIONS_SOCKET))
    .map(dirname);
  return [...new Set(directories)].sort();
}
