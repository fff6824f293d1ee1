import { type EventFormat, KernelError, type KernelEvent, openTracefs, type Tracefs } from '@ringtail/kernel';
import { DaemonError, type DaemonErrorCode } from '../../model/daemon-error.ts';

const HINTS: Readonly<Partial<Record<string, string>>> = {
  NO_TRACEFS:
    'it needs a kernel with CONFIG_FTRACE, and tracefs in this container: mount -t tracefs tracefs /sys/kernel/tracing',
  NOT_PERMITTED: 'root needs CAP_SYS_ADMIN here, which a container may lack',
  LOCKED_DOWN: 'the kernel is locked down: start it with lockdown=integrity, or without',
};

/** The kernel's tracer, opened by the first command that needs it: most daemons record no kernel. */
export class KernelTracer {
  #tracefs: Tracefs | undefined;

  /** @throws {DaemonError} `UNSUPPORTED` with the reason why this machine cannot trace its kernel */
  open(): Tracefs {
    this.#tracefs ??= refusing(() => openTracefs());
    return this.#tracefs;
  }

  /** The tracer if it can be opened without a change to the system. */
  openIfMounted(): Tracefs | undefined {
    try {
      return this.#tracefs ?? openTracefs({ mount: false });
    } catch (error) {
      if (error instanceof KernelError) return undefined;
      throw error;
    }
  }

  /**
   * The layout of an event, where it can be read.
   *
   * @param onFailure called with the reason if not
   */
  formatOf(event: KernelEvent, onFailure: (reason: string) => void = () => {}): EventFormat | undefined {
    const tracefs = this.open();
    try {
      return tracefs.format(event);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      onFailure(error.message);
      return undefined;
    }
  }

  /** The events that the kernel has now: modules bring and take some. */
  events(): readonly KernelEvent[] {
    const tracefs = this.open();
    return refusing(() => tracefs.events());
  }
}

/** Carries out calls of the kernel's tracer. @throws {DaemonError} `UNSUPPORTED`, `KERNEL_REFUSED` */
export function refusing<T>(calls: () => T): T {
  try {
    return calls();
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const code: DaemonErrorCode =
      HINTS[error.code] === undefined && error.code !== 'NOT_COMPILED_IN' ? 'KERNEL_REFUSED' : 'UNSUPPORTED';
    const hint = HINTS[error.code];
    throw new DaemonError(code, `the kernel cannot be traced: ${error.message}`, {
      cause: error,
      ...(hint !== undefined && { hint }),
    });
  }
}
