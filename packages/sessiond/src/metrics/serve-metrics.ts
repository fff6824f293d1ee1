import type { Request } from '@ringtail/protocol';
import type { Log } from '../log/log.ts';
import type { Client } from '../model/client.ts';
import type { NotificationHub } from '../notifications/notification-hub.ts';
import { metricsText } from './daemon-metrics.ts';
import { SAMPLE_AGE_MS_MAX } from './limits.ts';
import type { MetricsAddress } from './metrics-address.ts';
import { MetricsServer } from './metrics-server.ts';
import { Sampler, type SamplerOptions } from './sampler.ts';

/** Options of the command line for metrics. */
export interface MetricsOptions {
  readonly address: MetricsAddress;
  readonly tokenFile: string | undefined;
}

export interface ServeMetricsOptions extends MetricsOptions, Omit<SamplerOptions, 'snapshotsOf'> {
  readonly notifications: NotificationHub;
  readonly execute: (request: Request) => Promise<unknown>;
  readonly duplicate: (descriptor: number) => number;
  readonly log: Log;
}

/** Serves the metrics of a session daemon until it is closed. */
export async function serveMetrics(options: ServeMetricsOptions): Promise<MetricsServer> {
  const snapshots = countSnapshots(options.notifications);
  const sampler = new Sampler({ ...options, snapshotsOf: ({ name }) => snapshots.get(name) ?? 0 });
  return await MetricsServer.listen({
    address: options.address,
    tokenFile: options.tokenFile,
    metrics: keptFor(SAMPLE_AGE_MS_MAX, async () => Buffer.from(metricsText(await sampler.sample()))),
    // The first consumer is the daemon's own user's: another user's consumer that hangs is not the daemon's health.
    isHealthy: () => typeof options.daemon().consumers[0]?.pid === 'number',
    execute: options.execute,
    duplicate: options.duplicate,
    log: options.log,
  });
}

/** Shares the result of `make` among all requests within the time. */
function keptFor<T>(ageMsMax: number, make: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  const forget = (): void => {
    kept = undefined;
  };
  return () => {
    if (kept === undefined) {
      kept = make();
      kept.then(() => setTimeout(forget, ageMsMax).unref(), forget);
    }
    return kept;
  };
}

/** Number of snapshots of each session. */
function countSnapshots(notifications: NotificationHub): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const listener: Client = {
    uid: 0,
    gid: 0,
    notify: (notification) => {
      if (notification.kind === 'snapshot-recorded') {
        counts.set(notification.session, (counts.get(notification.session) ?? 0) + 1);
      } else if (notification.kind === 'session-destroyed') counts.delete(notification.session);
      return true;
    },
    onClosed: () => {},
  };
  notifications.subscribe(listener);
  return counts;
}
