import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Size of the data stream files under a trace's directory: without metadata and index. */
export function streamFileBytes(directory) {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && entry.name !== 'metadata' && !/\.idx$|\/index\//.test(path)) bytes += statSync(path).size;
  }
  return bytes;
}
