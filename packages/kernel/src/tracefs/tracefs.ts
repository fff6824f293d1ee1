import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import { type EventFormat, parseEventFormat } from '../formats/event-format.ts';
import { type KernelEvent, kernelEvent } from '../formats/kernel-event.ts';
import { KernelError } from '../kernel-error.ts';
import { readControlFile, withKernelErrors } from './control-file.ts';
import { TracefsInstance } from './instance.ts';

const MOUNT_POINT = '/sys/kernel/tracing';
const MOUNTS = '/proc/self/mounts';
const LOCKDOWN = '/sys/kernel/security/lockdown';
/** System of the records of the function tracer and of markers: they are no events that can be enabled. */
const NOT_EVENTS = 'ftrace';

export interface TracefsOptions {
  /** Whether to mount tracefs where it is not mounted; the default is to do so. */
  readonly mount?: boolean;
}

/**
 * Finds tracefs, and mounts it if it is not mounted. Nothing is unmounted later.
 *
 * @throws {KernelError} `NO_TRACEFS`, `NOT_PERMITTED`, `LOCKED_DOWN`
 */
export function openTracefs({ mount = true }: TracefsOptions = {}): Tracefs {
  const mounted = mountedAt(readFileSync(MOUNTS, 'utf8'));
  const tracefs = new Tracefs(mounted ?? mountTracefs(mount));
  try {
    tracefs.check();
  } catch (error) {
    if (error instanceof KernelError && error.code === 'NOT_PERMITTED' && isLockedDown()) {
      throw new KernelError('LOCKED_DOWN', 'the kernel is locked down ("confidentiality") and refuses tracefs', {
        cause: error,
      });
    }
    throw error;
  }
  return tracefs;
}

/** A mounted tracefs: the kernel's events, and the instances of their buffers. */
export class Tracefs {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws {KernelError} if this process may not use it, or it lacks events */
  check(): void {
    for (const directory of ['events', 'instances']) this.#names(directory);
    readControlFile(join(this.path, 'trace_clock'));
  }

  /** All events that can be enabled, sorted by LTTng's name. Modules add events, so they are read anew each time. */
  events(): readonly KernelEvent[] {
    const systems = this.#directories('events').filter((system) => system !== NOT_EVENTS);
    const events = systems.flatMap((system) =>
      this.#directories(join('events', system)).map((name) => kernelEvent(system, name)),
    );
    const isBehind = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    return events.sort((a, b) => isBehind(a.name, b.name) || isBehind(a.system, b.system));
  }

  /** Layout of an event's records. @throws {KernelError} `NO_EVENT`, `BAD_FORMAT` */
  format({ system, kernelName }: KernelEvent): EventFormat {
    const path = join(this.path, 'events', system, kernelName, 'format');
    if (!existsSync(path)) throw new KernelError('NO_EVENT', `the kernel has no event ${system}:${kernelName}`);
    return parseEventFormat(readControlFile(path));
  }

  /** Clocks that buffers can have. */
  clocks(): readonly string[] {
    return readControlFile(join(this.path, 'trace_clock')).replaceAll(/[[\]]/g, '').trim().split(/\s+/);
  }

  /** Names of the instances that begin with a prefix. */
  instanceNames(prefix: string): string[] {
    return this.#directories('instances').filter((name) => name.startsWith(prefix));
  }

  /** @throws {KernelError} `BUSY` if there is one of this name */
  makeInstance(name: string): TracefsInstance {
    const instance = this.instance(name);
    withKernelErrors(instance.path, 'made', () => mkdirSync(instance.path));
    return instance;
  }

  /** The instance of this name, whether or not it exists. */
  instance(name: string): TracefsInstance {
    return new TracefsInstance(join(this.path, 'instances', name));
  }

  #names(directory: string): string[] {
    const path = join(this.path, directory);
    return withKernelErrors(path, 'read', () => readdirSync(path));
  }

  #directories(directory: string): string[] {
    const path = join(this.path, directory);
    return withKernelErrors(path, 'read', () =>
      readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name),
    );
  }
}

/** Path of the first tracefs among the lines of `/proc/self/mounts`. */
export function mountedAt(mounts: string): string | undefined {
  for (const line of mounts.split('\n')) {
    const [, path, type] = line.split(' ');
    // The kernel writes spaces and some other characters of a path in octal.
    if (type === 'tracefs' && path !== undefined) {
      return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    }
  }
  return undefined;
}

function mountTracefs(mount: boolean): string {
  if (!readFileSync('/proc/filesystems', 'utf8').includes('\ttracefs\n')) {
    throw new KernelError('NO_TRACEFS', 'the kernel has no tracefs: it was compiled without CONFIG_TRACING');
  }
  if (!mount) throw new KernelError('NO_TRACEFS', `tracefs is not mounted: mount -t tracefs nodev ${MOUNT_POINT}`);
  if (process.getuid?.() !== 0)
    throw new KernelError('NOT_PERMITTED', 'tracefs is not mounted: mounting it needs root');
  try {
    execFileSync('mount', ['-t', 'tracefs', 'nodev', MOUNT_POINT], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    const stderr = String((cause as { stderr?: unknown }).stderr ?? '').trim();
    const reason = stderr === '' ? (errnoOf(cause) ?? describeError(cause)) : stderr;
    throw new KernelError('NO_TRACEFS', `tracefs cannot be mounted at ${MOUNT_POINT}: ${reason}`, { cause });
  }
  return MOUNT_POINT;
}

function isLockedDown(): boolean {
  return existsSync(LOCKDOWN) && readFileSync(LOCKDOWN, 'utf8').includes('[confidentiality]');
}
