import { setFlagsFromString } from 'node:v8';

/**
 * Live memory may grow by this much before V8 collects garbage. By its own choice V8 waits until the heap is up to four
 * times as large: in an attack, 30 MiB of live objects then come with 60 MiB of garbage.
 */
const HEAP_GROWTH_PERCENT = 60;

/**
 * Bounds the garbage in the daemon's heap. V8 reads this flag before each collection, so it holds from the next one.
 */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}
