import { constants, PerformanceObserver, performance } from 'node:perf_hooks';
import { GCProfiler, getHeapStatistics } from 'node:v8';
import type { EventSource, Tracer } from '../instrument.ts';

const NS_PER_MS = 1e6;
const NS_PER_US = 1000;

/** A performance entry of the type `gc`. */
interface CollectionEntry {
  readonly startTime: number;
  readonly duration: number;
  readonly detail: { readonly kind: number; readonly flags: number };
}

/** Garbage collections. V8 reports them after they have ended, from the event loop. */
export function gc(tracer: Tracer): readonly EventSource[] {
  return [collections(tracer), heaps(tracer)];
}

function collections({ provider, u8, u64, enumeration, bool }: Tracer): EventSource {
  const collection = provider('node_gc').tracepoint(
    'collection',
    [
      [
        'kind',
        enumeration(u8, {
          minor: constants.NODE_PERFORMANCE_GC_MINOR,
          major: constants.NODE_PERFORMANCE_GC_MAJOR,
          incremental: constants.NODE_PERFORMANCE_GC_INCREMENTAL,
          weak_callbacks: constants.NODE_PERFORMANCE_GC_WEAKCB,
        }),
      ],
      ['forced', bool],
      ['start_ns', u64],
      ['duration_ns', u64],
      ['heap_used', u64],
    ],
    { logLevel: 'info' },
  );

  const install = () => {
    const clockAtOrigin = Number(process.hrtime.bigint()) - performance.now() * NS_PER_MS;
    const observer = new PerformanceObserver((list) => {
      const heapUsed = getHeapStatistics().used_heap_size;
      for (const { detail, startTime, duration } of list.getEntries() as unknown as CollectionEntry[]) {
        const { kind, flags } = detail;
        const isForced = (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
        collection(
          kind,
          isForced,
          Math.round(clockAtOrigin + startTime * NS_PER_MS),
          Math.round(duration * NS_PER_MS),
          heapUsed,
        );
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    return () => observer.disconnect();
  };
  return { tracepoints: [collection], install };
}

/**
 * The heap before and after each collection, from V8's profiler of collections. Each report takes about 50 µs, so it is
 * not part of the event `collection`.
 */
function heaps({ provider, u64, str }: Tracer): EventSource {
  const heap = provider('node_gc').tracepoint(
    'heap',
    [
      ['kind', str],
      ['duration_ns', u64],
      ['heap_before', u64],
      ['heap_after', u64],
    ],
    { logLevel: 'debug' },
  );

  const install = () => {
    let profiler = new GCProfiler();
    profiler.start();
    const observer = new PerformanceObserver(() => {
      const { statistics } = profiler.stop();
      profiler = new GCProfiler();
      profiler.start();
      for (const { gcType, cost, beforeGC, afterGC } of statistics) {
        const { usedHeapSize } = beforeGC.heapStatistics;
        heap(gcType, Math.round(cost * NS_PER_US), usedHeapSize, afterGC.heapStatistics.usedHeapSize);
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    return () => {
      observer.disconnect();
      profiler.stop();
    };
  };
  return { tracepoints: [heap], install };
}
