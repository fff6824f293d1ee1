/** Flag that opens a directory for lookups only, without a permission on it. Node.js has no constant for it. */
export const O_PATH = 0o10000000;

/** Directory with a path for each descriptor of this process. */
export const DESCRIPTORS = '/proc/self/fd';

/** The path of an open file or directory, or of an entry of the directory. No user can redirect it. */
export function pathOf(descriptor: number, name?: string): string {
  const path = `${DESCRIPTORS}/${descriptor}`;
  return name === undefined ? path : `${path}/${name}`;
}
