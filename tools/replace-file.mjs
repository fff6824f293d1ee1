import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Writes a built file in one step, since a running program may be loading the old one. Leaves a file that would not
 * change.
 */
export function replaceFile(path, contents) {
  const bytes = Buffer.from(contents);
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  writeFileSync(`${path}.${process.pid}`, bytes);
  renameSync(`${path}.${process.pid}`, path);
}
