import { closeSync } from 'node:fs';
import { describeError } from '@ringtail/base';
import { Memfd, type Posix, Seal } from '@ringtail/posix';
import { type Check, fine, type Machine, problem, warning } from './check.ts';

const NODE_MIN = 20;
const NODE_MAX = 26;
const PROBE_BYTES = 4096;

/** Checks Node.js, its native extensions, and shared memory. */
export function runtimeChecks(machine: Machine): Check[] {
  return [nodeVersion(machine), platform(machine), ...sharedMemory(machine), clock(machine)];
}

function nodeVersion({ nodeVersion: version }: Machine): Check {
  const major = Number(/^v(\d+)/.exec(version)?.[1]);
  const name = 'Node.js';
  if (major < NODE_MIN) return problem(name, `${version} is too old`, `install Node.js ${NODE_MIN} or newer`);
  if (major > NODE_MAX) {
    return warning(
      name,
      `${version} is newer than what this version was tried with`,
      `Node.js ${NODE_MIN} to ${NODE_MAX} are`,
    );
  }
  return fine(name, version);
}

function platform(machine: Machine): Check {
  const what = `${machine.platform}, ${machine.arch}`;
  if (machine.platform === 'linux') return fine('platform', what);
  return problem('platform', `${what}: recording needs Linux`, 'traces can be read here; record them on Linux');
}

function sharedMemory({ arch, posix }: Machine): Check[] {
  if (!posix.ok) {
    const fix = /RINGTAIL_NO_KOFFI/.test(posix.reason)
      ? 'unset RINGTAIL_NO_KOFFI'
      : `install @koromix/koffi-linux-${arch}, which npm leaves out with --omit=optional`;
    return [problem('koffi', `nothing can be recorded: ${posix.reason}`, fix)];
  }
  return [fine('koffi', 'loaded'), memfd(posix.posix), processor(posix.posix)];
}

/** Makes and maps shared memory as a thread does for its control file and its rings. */
function memfd(posix: Posix): Check {
  const name = 'shared memory';
  let fd: number | undefined;
  try {
    fd = posix.memfdCreate('ringtail-doctor', Memfd.ALLOW_SEALING);
    posix.allocate(fd, PROBE_BYTES);
    posix.addSeals(fd, Seal.SHRINK | Seal.GROW);
    const mapping = posix.map(fd, PROBE_BYTES);
    new Uint8Array(mapping.buffer)[0] = 1;
    posix.retire(mapping);
    return fine(name, 'memory files can be made, sealed and mapped');
  } catch (error) {
    return problem(
      name,
      `refused: ${describeError(error)}`,
      'raise the limits of descriptors, file sizes and memory (ulimit -n, ulimit -f, the cgroup), and let seccomp profiles permit memfd_create',
    );
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function processor(posix: Posix): Check {
  const name = 'processor number';
  if (posix.processorWord() !== undefined) return fine(name, 'kept by the kernel in the memory of each thread (rseq)');
  return fine(name, 'asked of the kernel for each event (no rseq): the context cpu_id costs more');
}

function clock(machine: Machine): Check {
  const name = 'clock';
  const source = machine.textOf('/sys/devices/system/clocksource/clocksource0/current_clocksource')?.trim();
  const refusal = machine.clockAddonRefusal();
  if (refusal !== null) {
    const fix = machine.env.RINGTAIL_NO_CLOCK_ADDON
      ? 'unset RINGTAIL_NO_CLOCK_ADDON'
      : 'build Ringtail where a C compiler is installed; there is an addon for x86-64 only';
    return warning(name, `performance.now() is used, which costs more per event: ${refusal}`, fix);
  }
  if (source === undefined || source === 'tsc')
    return fine(name, 'the clock addon is loaded, and reads the time stamp counter');
  return warning(
    name,
    `the clock addon is loaded, but the kernel's clock is ${source}: the time stamp counter may not be trusted`,
    'nothing, in most virtual machines; --clock=tsc is of no use here',
  );
}
