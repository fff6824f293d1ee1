import { closeSync, readdirSync, readFileSync, statSync } from 'node:fs';

const STANDARD_ERROR = 2;
/** Flag in `/proc/PID/fdinfo`. */
const O_CLOEXEC = 0o2000000;

/**
 * Closes files that the starting program left open: a script's lock would be held as long as the daemon runs, and
 * programs of triggers, which run as other users, would inherit the files. Node.js hides only its own descriptors from
 * the programs that it starts, and inherited ones up to the first gap in their numbers.
 *
 * The file of `NODE_EXTRA_CA_CERTS` stays open: since Node.js 22, a thread of Node.js reads it meanwhile, through a
 * descriptor that looks inherited.
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
    if (flags === undefined || (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0) return false;
    return !isExtraCertificates(descriptor);
  } catch {
    // The descriptor of the directory that was just read, or of certificates that have just been read.
    return false;
  }
}

/** @throws if the descriptor has been closed */
function isExtraCertificates(descriptor: number): boolean {
  const { dev, ino } = statSync(`/proc/self/fd/${descriptor}`);
  try {
    const certificates = statSync(process.env.NODE_EXTRA_CA_CERTS ?? '');
    return certificates.dev === dev && certificates.ino === ino;
  } catch {
    // No such file: Node.js reads none.
    return false;
  }
}
