import { describeError, type Timers } from '@ringtail/base';
import { KernelError, type Tracefs, type TracefsInstance } from '@ringtail/kernel';
import type { Log } from '../../../log/log.ts';
import { INSTANCE_PREFIX, type InstanceNames } from './instance-names.ts';

/** A consumer daemon that ends may have files of an instance open for a moment. */
const RETRY_MS = 200;
const ATTEMPTS_MAX = 50;

/** Removes an instance, also if a process is just closing its files. @throws {KernelError} `BUSY` after ten seconds */
export async function removeInstance(instance: TracefsInstance, timers: Timers): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      instance.remove();
      return;
    } catch (error) {
      if (!(error instanceof KernelError) || error.code !== 'BUSY' || attempt >= ATTEMPTS_MAX) throw error;
    }
    await new Promise<void>((resolve) => timers.after(RETRY_MS, resolve));
  }
}

/** Removes the instances of daemons that were killed. An instance that cannot be removed is a line in the log. */
export async function removeLeftovers(
  tracefs: Tracefs,
  names: InstanceNames,
  { timers, log }: { readonly timers: Timers; readonly log: Log },
): Promise<void> {
  for (const name of tracefs.instanceNames(INSTANCE_PREFIX)) {
    if (!names.isLeftOver(name)) continue;
    const instance = tracefs.instance(name);
    try {
      instance.setTracing(false);
      await removeInstance(instance, timers);
      log.info(`the kernel's trace instance ${name}, which a killed session daemon left, is removed`);
    } catch (error) {
      log.warn(
        `the kernel's trace instance ${name}, which a killed session daemon left, stays: ${describeError(error)}`,
      );
    }
  }
}
