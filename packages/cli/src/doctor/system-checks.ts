import { ownerBySocket } from '@ringtail/ctl';
import { DEFAULT_GROUP, runDirectoryAt } from '@ringtail/posix';
import { groupName, groupNumber } from '@ringtail/posix/accounts';
import { CONTROL_FILE_BYTES } from '@ringtail/protocol';
import { formatBytes, formatCount } from '../output/quantity.ts';
import { type Check, fine, type Machine, warning } from './check.ts';
import { fileSizeLimit, processLimit } from './process-limit.ts';

const OPEN_FILES_MIN = 4096;
const DEV_SHM_BYTES_MIN = 64 * 1024 * 1024;
/** From this level on, users may not count events of their own programs. */
const PERF_PARANOID_FORBIDS = 3;

/** Checks limits and features of the system that recording depends on. */
export function systemChecks(machine: Machine, group: string, runDirectories: readonly string[] = []): Check[] {
  return [
    openFiles(machine),
    fileSizes(machine),
    lockedMemory(machine),
    cores(machine),
    memoryLimit(machine),
    devShm(machine),
    tracingGroup(machine, group, runDirectories),
    perfCounters(machine),
    kernelTracing(machine),
    ...peers(machine),
  ];
}

function count(value: number): string {
  return Number.isFinite(value) ? formatCount(value) : 'unlimited';
}

function openFiles(machine: Machine): Check {
  const name = 'open files';
  const found = processLimit(machine, 'Max open files');
  if (found === undefined) return fine(name, 'the limit is not known');
  // Node.js raises the soft limit to the hard one.
  if (found.hard >= OPEN_FILES_MIN) return fine(name, `at most ${count(found.hard)} a process`);
  return warning(
    name,
    `at most ${count(found.hard)} a process: the daemons need two for each thread and one for each ring`,
    `raise the hard limit: ulimit -Hn ${OPEN_FILES_MIN}, LimitNOFILE= of the systemd unit`,
  );
}

/** The limit of file sizes, which shared memory counts as well. */
function fileSizes(machine: Machine): Check {
  const name = 'file sizes';
  const bytes = fileSizeLimit(machine);
  if (!Number.isFinite(bytes)) return fine(name, 'no limit');
  const what = `at most ${formatBytes(bytes)}`;
  const fix = 'ulimit -f unlimited, LimitFSIZE= of a systemd unit';
  return bytes < CONTROL_FILE_BYTES
    ? warning(name, `${what}: a program that is started here needs ${formatBytes(CONTROL_FILE_BYTES)}`, fix)
    : fine(name, `${what}; trace files of daemons that are started here end there`);
}

function lockedMemory(machine: Machine): Check {
  const found = processLimit(machine, 'Max locked memory');
  const text = found === undefined ? 'not known' : Number.isFinite(found.soft) ? formatBytes(found.soft) : 'unlimited';
  return fine('locked memory', `limit ${text}; nothing is locked`);
}

function cores(machine: Machine): Check {
  const found = processLimit(machine, 'Max core file size');
  const pattern = machine.textOf('/proc/sys/kernel/core_pattern')?.trim();
  const size = found === undefined ? 'not known' : found.soft === 0 ? 'none are written' : `limit ${count(found.soft)}`;
  return fine('core dumps', `${size}; pattern ${pattern === undefined || pattern === '' ? 'not known' : pattern}`);
}

/** Memory limit of the cgroup, in both versions. */
function memoryLimit(machine: Machine): Check {
  const name = 'memory';
  const path = /^0::(.*)$/m.exec(machine.textOf('/proc/self/cgroup') ?? '')?.[1] ?? '';
  const text =
    machine.textOf(`/sys/fs/cgroup${path}/memory.max`) ??
    machine.textOf('/sys/fs/cgroup/memory.max') ??
    machine.textOf('/sys/fs/cgroup/memory/memory.limit_in_bytes');
  const bytes = Number(text?.trim());
  // In version 1, a number larger than any memory means no limit.
  if (!Number.isFinite(bytes) || bytes > 2 ** 60 || text === undefined) return fine(name, 'the cgroup sets no limit');
  if (bytes >= 4 * DEV_SHM_BYTES_MIN) return fine(name, `the cgroup may use ${formatBytes(bytes)}`);
  return warning(
    name,
    `the cgroup may use ${formatBytes(bytes)}, and a ring of the default size takes 16.0 MiB for each thread`,
    'raise the limit, or take smaller sub-buffers: ringtail enable-channel -u --subbuf-size=64K --num-subbuf=4',
  );
}

function devShm(machine: Machine): Check {
  const name = '/dev/shm';
  const space = machine.spaceOf('/dev/shm');
  const use = 'rings need it only with --shm-path there';
  if (space === undefined) return fine(name, `does not exist; ${use}`);
  const what = `${formatBytes(space.freeBytes)} of ${formatBytes(space.bytes)} free; ${use}`;
  if (space.freeBytes >= DEV_SHM_BYTES_MIN) return fine(name, what);
  return warning(name, what, 'mount -o remount,size=1G /dev/shm (docker run --shm-size=1g), or leave --shm-path out');
}

function tracingGroup(machine: Machine, group: string, runDirectories: readonly string[]): Check {
  const name = 'tracing group';
  const served = groupServed(machine, runDirectories);
  const gid = served ?? groupNumber(group);
  if (gid === undefined) {
    const what = `there is no group ${group}: only root gives commands to a daemon of root`;
    return group === DEFAULT_GROUP
      ? fine(name, what)
      : warning(name, what, `make it, or name another: groupadd ${group}`);
  }
  if (machine.uid === 0 || machine.gids.includes(gid)) return fine(name, 'you may use a session daemon of root');
  const words = served === undefined ? group : groupName(served);
  return fine(name, `you are not in the group ${words}, whose members may use a session daemon of root`);
}

/** Group of root's running daemon, which may differ from the group of this command. */
function groupServed(machine: Machine, runDirectories: readonly string[]): number | undefined {
  const sockets = runDirectories.map((path) => machine.lookAt(runDirectoryAt(path).clientSocket));
  const open = sockets.find((socket) => socket?.uid === 0 && ownerBySocket(socket).group !== undefined);
  return open?.gid;
}

function perfCounters(machine: Machine): Check {
  const name = 'perf counters';
  const text = machine.textOf('/proc/sys/kernel/perf_event_paranoid');
  if (text === undefined) return fine(name, 'this kernel has none: contexts perf:thread:… cannot be added');
  const level = Number(text);
  if (machine.uid === 0 || level < PERF_PARANOID_FORBIDS) {
    return fine(name, `perf_event_paranoid is ${level}: contexts perf:thread:… can be added where the machine counts`);
  }
  return warning(
    name,
    `perf_event_paranoid is ${level}: contexts perf:thread:… are for root only`,
    'sysctl kernel.perf_event_paranoid=2, if you want them',
  );
}

function kernelTracing(machine: Machine): Check {
  const places = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
  const mounted = places.find((place) => machine.lookAt(`${place}/trace_clock`) !== undefined);
  const what = mounted === undefined ? 'tracefs is not mounted, or not for us to see' : `tracefs is at ${mounted}`;
  return fine('kernel tracing', `${what}; a session daemon of root traces the kernel (enable-event -k)`);
}

function peers(machine: Machine): Check[] {
  return ['babeltrace2', 'lttng'].map((program) => {
    const version = machine.versionOf(program);
    return fine(program, version ?? 'not installed, and not needed: ringtail view reads the traces');
  });
}
