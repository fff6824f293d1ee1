import { readdirSync, readlinkSync } from 'node:fs';

/** How tracers name their control files: see `control-file.ts` of the tracer. */
const CONTROL_FILE = /^\/memfd:ringtail-control-\d+ \(deleted\)$/;
/** A program that goes on may close a descriptor while we look at it. */
const LOOKS_MAX = 4;
/** A program with more is not looked at: that takes long, and a program can have a million. */
const DESCRIPTORS_MAX = 4096;

/** What `/proc` calls the control file that a thread has sent; undefined where a tracer would call it otherwise. */
export function controlFileName(descriptor: number): string | undefined {
  const name = readlinkSync(`/proc/self/fd/${descriptor}`);
  return CONTROL_FILE.test(name) ? name : undefined;
}

/**
 * Whether a process has closed the descriptors of its tracer, control file included, and goes on. One that ends has none at
 * all, or still has the control file, which is no resource of its event loop.
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
      // It has ended, or it is hidden from us, or it has just closed one.
    }
  }
  return false;
}
