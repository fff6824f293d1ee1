import { readdirSync } from 'node:fs';

/** Metrics of the session daemon's process, by the names that Prometheus uses for all processes. */
export const PROCESS_METRICS = {
  process_cpu_seconds_total: { type: 'counter', help: 'Processor time of the session daemon in seconds.' },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory of the session daemon.' },
  process_open_fds: { type: 'gauge', help: 'Open file descriptors of the session daemon.' },
  process_start_time_seconds: { type: 'gauge', help: 'Start of the session daemon in seconds since 1970.' },
} as const;

const STARTED_AT_SECONDS = Math.round(performance.timeOrigin / 1000);

export function readProcess(): Record<keyof typeof PROCESS_METRICS, number> {
  const { user, system } = process.cpuUsage();
  return {
    process_cpu_seconds_total: (user + system) / 1e6,
    process_resident_memory_bytes: process.memoryUsage.rss(),
    process_open_fds: readdirSync('/proc/self/fd').length,
    process_start_time_seconds: STARTED_AT_SECONDS,
  };
}
