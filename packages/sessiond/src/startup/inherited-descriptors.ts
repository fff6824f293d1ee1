import { closeSync, readdirSync, readFileSync } from 'node:fs';

const STANDARD_ERROR = 2;
/** As `/proc/PID/fdinfo` shows it. */
const O_CLOEXEC = 0o2000000;

/**
 * Closes the files that the program which started this process left open in it: a lock of a script would be held for as long
 * as the daemon runs, and programs of triggers, which run as other users, would have them. Node.js keeps its own descriptors
 * from the programs that it starts, and inherited ones up to the first gap in their numbers only.
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
    // That of the directory which was just read.
    return false;
  }
}
