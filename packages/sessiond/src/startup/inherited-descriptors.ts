import { closeSync, readdirSync, readFileSync } from 'node:fs';

const STANDARD_ERROR = 2;
/** Flag in `/proc/PID/fdinfo`. */
const O_CLOEXEC = 0o2000000;

/**
 * Closes files that the starting program left open: a script's lock would be held as long as the daemon runs, and
 * programs of triggers, which run as other users, would inherit the files. Node.js hides only its own descriptors from
 * the programs that it starts, and inherited ones up to the first gap in their numbers.
 *
 * @param kept descriptors that this process was given on purpose
 */
export function closeInheritedDescriptors(kept: readonly number[]): void {
  for (const name of readdirSync('/proc/self/fdinfo')) {
    const descriptor = Number(name);
    if (descriptor > STANDARD_ERROR && !kept.includes(descriptor) && isInherited(descriptor)) closeSync(descriptor);
  }
}

function isInherited(descriptor: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    // The descriptor of the directory that was just read.
    return false;
  }
}
