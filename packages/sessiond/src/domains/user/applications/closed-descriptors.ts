import { readdirSync, readlinkSync } from 'node:fs';

/** Name of a tracer's control file: see `control-file.ts` of the tracer. */
const CONTROL_FILE = /^\/memfd:ringtail-control-\d+ \(deleted\)$/;
/** A running program may close a descriptor while the directory is read. */
const LOOKS_MAX = 4;
/** Programs with more descriptors are not examined: a million of them would take long. */
const DESCRIPTORS_MAX = 4096;

/** Name in `/proc` of a thread's control file; undefined if no tracer names it so. */
export function controlFileName(descriptor: number): string | undefined {
  const name = readlinkSync(`/proc/self/fd/${descriptor}`);
  return CONTROL_FILE.test(name) ? name : undefined;
}

/**
 * Whether a process goes on after it closed the descriptors of its tracer, including the control file. A process that
 * ends has no descriptors at all, or still has the control file, which is not closed with the event loop.
 */
export function hasClosedDescriptors(pid: number, controlFile: string): boolean {
  const directory = `/proc/${pid}/fd`;
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    try {
      const descriptors = readdirSync(directory);
      if (descriptors.length > DESCRIPTORS_MAX) return false;
      const targets = descriptors.map((fd) => readlinkSync(`${directory}/${fd}`));
      return targets.length > 0 && !targets.includes(controlFile);
    } catch {
      // The process has ended, is hidden from the daemon, or has just closed a descriptor.
    }
  }
  return false;
}
