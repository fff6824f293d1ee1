/** A counter of perf_event_open(2), in the numbers of linux/perf_event.h. */
export interface PerfCounter {
  readonly type: number;
  /** Fits into 53 bits. Raw counters have at most 13 hexadecimal digits. */
  readonly config: number;
}

/** Prefix of the names of contexts that are such counters. */
export const PERF_PREFIX = 'perf:thread:';

const TYPE_HARDWARE = 0;
const TYPE_SOFTWARE = 1;
const TYPE_HARDWARE_CACHE = 3;
export const PERF_TYPE_RAW = 4;

/** Names in the order of their numbers. A counter may have several names. */
const HARDWARE = [
  ['cpu-cycles', 'cycles'],
  ['instructions'],
  ['cache-references'],
  ['cache-misses'],
  ['branch-instructions', 'branches'],
  ['branch-misses'],
  ['bus-cycles'],
  ['stalled-cycles-frontend', 'idle-cycles-frontend'],
  ['stalled-cycles-backend', 'idle-cycles-backend'],
];
const SOFTWARE = [
  ['cpu-clock'],
  ['task-clock'],
  ['page-fault', 'faults'],
  ['context-switches', 'cs'],
  ['cpu-migrations', 'migrations'],
  ['minor-faults'],
  ['major-faults'],
  ['alignment-faults'],
  ['emulation-faults'],
];
const CACHES = ['L1-dcache', 'L1-icache', 'LLC', 'dTLB', 'iTLB', 'branch'];
const CACHE_OPERATIONS = [
  ['loads', 'load-misses'],
  ['stores', 'store-misses'],
  ['prefetches', 'prefetch-misses'],
];
/** Caches whose loads alone the processor counts. */
const LOADS_ONLY = new Set(['iTLB', 'branch']);

const counters = new Map<string, PerfCounter>();
for (const [type, groups] of [
  [TYPE_HARDWARE, HARDWARE],
  [TYPE_SOFTWARE, SOFTWARE],
] as const) {
  groups.forEach((names, config) => {
    for (const name of names) counters.set(name, { type, config });
  });
}
CACHES.forEach((cache, cacheIdx) => {
  CACHE_OPERATIONS.forEach((results, operation) => {
    if (LOADS_ONLY.has(cache) && operation > 0) return;
    results.forEach((name, result) => {
      const config = cacheIdx | (operation << 8) | (result << 16);
      counters.set(`${cache}-${name}`, { type: TYPE_HARDWARE_CACHE, config });
    });
  });
});

/** Names that follow `perf:thread:` in the name of a context, the same as in LTTng. */
export const PERF_COUNTER_NAMES: readonly string[] = [...counters.keys()];

/** The counter of a name: one of {@link PERF_COUNTER_NAMES}, or `raw:rHEX:NAME`. */
export function perfCounterOf(name: string): PerfCounter | undefined {
  const raw = /^raw:r([0-9a-fA-F]{1,13}):[A-Za-z0-9_-]+$/.exec(name);
  if (raw !== null) return { type: PERF_TYPE_RAW, config: Number.parseInt(raw[1] as string, 16) };
  return counters.get(name);
}

/** The first name of a counter; undefined if it has none. */
export function perfCounterName({ type, config }: PerfCounter): string | undefined {
  for (const [name, counter] of counters) if (counter.type === type && counter.config === config) return name;
  return undefined;
}
