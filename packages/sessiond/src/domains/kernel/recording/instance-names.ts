import { readlinkSync } from 'node:fs';
import { processStartTime } from '../../../peers/process-identity.ts';

/** Of all instances that session daemons make. */
export const INSTANCE_PREFIX = 'ringtail.';

const NAME = /^ringtail\.(\d+)\.(\d+)\.(\d+)\.\d+$/;

/** A process, among all processes since the machine was started. */
interface Identity {
  /** Namespace of its number. */
  readonly namespace: string;
  readonly pid: number;
  readonly startTime: string;
}

/**
 * Names for the instances of this daemon: `ringtail.NAMESPACE.PID.START.NUMBER`. They tell another daemon whether the
 * maker still runs, also where its number belongs to another process by now.
 */
export class InstanceNames {
  readonly #self: Identity | undefined;
  #next = 0;

  constructor() {
    const startTime = processStartTime(process.pid);
    const namespace = processNamespace();
    if (startTime !== undefined && namespace !== undefined) this.#self = { namespace, pid: process.pid, startTime };
  }

  next(): string {
    const { namespace, pid, startTime } = this.#self ?? { namespace: '0', pid: process.pid, startTime: '0' };
    return `${INSTANCE_PREFIX}${namespace}.${pid}.${startTime}.${this.#next++}`;
  }

  /**
   * Whether an instance was made by a daemon that runs no longer. A daemon in a container with process numbers of its
   * own counts as running, since it cannot be looked up.
   */
  isLeftOver(name: string): boolean {
    const [, namespace, pid, startTime] = NAME.exec(name) ?? [];
    return namespace === this.#self?.namespace && processStartTime(Number(pid)) !== startTime;
  }
}

/** Number of the namespace of process numbers; undefined without `/proc`. */
function processNamespace(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
  } catch {
    return undefined;
  }
}
