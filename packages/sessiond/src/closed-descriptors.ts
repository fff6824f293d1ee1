import { readdirSync, readlinkSync } from 'node:fs';

/** A program that goes on may close a descriptor while we look at it. */
const LOOKS_MAX = 4;

/**
 * Whether a process has closed the descriptors of its tracer, control file included, and goes on. One that ends has none at
 * all, or still has the control file, which is no resource of its event loop.
 *
 * @param tid of the thread, as its control file is named: see `control-file.ts` of the tracer
 */
export function hasClosedDescriptors(pid: number, tid: number): boolean {
  const directory = `/proc/${pid}/fd`;
  const controlFile = `/memfd:ringtail-control-${tid} (deleted)`;
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    try {
      const targets = readdirSync(directory).map((fd) => readlinkSync(`${directory}/${fd}`));
      return targets.length > 0 && !targets.includes(controlFile);
    } catch {
      // It has ended, or it is hidden from us, or it has just closed one.
    }
  }
  return false;
}
