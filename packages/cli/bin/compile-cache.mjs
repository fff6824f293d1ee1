import { lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Where Node.js can keep compiled code (22.8 and later), the next start compiles less. The place is beside the code, so
// that only users who may change the code may change the cache, and private: code of another user would run here. Other
// users run without a cache.
if (module.enableCompileCache !== undefined) {
  const directory = fileURLToPath(new URL('../bundle/cache', import.meta.url));
  if (isPrivate(directory)) module.enableCompileCache(directory);
}

/** Whether the directory is, or now is, this user's, and no other user may enter it. */
function isPrivate(directory) {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch {
    // It is there already, or cannot be made.
  }
  const stats = lstatSync(directory, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === process.geteuid?.() && (stats.mode & 0o077) === 0;
}
