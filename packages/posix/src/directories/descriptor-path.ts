/** For lookups alone, which need no permission on the directory itself. Node.js has no constant for it. */
export const O_PATH = 0o10000000;

/** Where this process's descriptors are paths. */
export const DESCRIPTORS = '/proc/self/fd';

/** The path of an open file or directory, or of an entry of the directory, that nobody can lead elsewhere. */
export function pathOf(descriptor: number, name?: string): string {
  const path = `${DESCRIPTORS}/${descriptor}`;
  return name === undefined ? path : `${path}/${name}`;
}
