import { isMainThread } from 'node:worker_threads';
import { everyMs } from '../every.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { listenToProcess } from '../listen-to-process.ts';
import { onExit } from '../on-exit.ts';

const SAMPLE_INTERVAL_MS = 1000;
const NS_PER_US = 1000;
const BYTES_PER_KIB = 1024;
const TEXT_LENGTH_MAX = 4096;
/** In place of a property whose own code throws. */
const UNREADABLE = '<unreadable>';

/** The process: errors that end it, warnings, its exit, and samples of its memory and CPU time. */
export function processEvents(tracer: Tracer): readonly EventSource[] {
  return [uncaughtExceptions(tracer), warnings(tracer), exit(tracer), samples(tracer)];
}

/** Errors that nothing in the program catches, and rejections that nothing handles, before they take effect. */
function uncaughtExceptions({ provider, str }: Tracer): EventSource {
  const event = provider('node_process').tracepoint(
    'uncaught_exception',
    [
      ['origin', str],
      ['error', str],
      ['message', str],
      ['stack', str],
    ],
    { logLevel: 'crit' },
  );
  const listener = (thrown: unknown, origin: string) => {
    const { name, message, stack } = described(thrown);
    event(origin, name, message, stack);
  };
  return { tracepoints: [event], install: () => listenToProcess('uncaughtExceptionMonitor', listener) };
}

function warnings({ provider, str }: Tracer): EventSource {
  const event = provider('node_process').tracepoint(
    'warning',
    [
      ['name', str],
      ['code', str],
      ['message', str],
      ['stack', str],
    ],
    { logLevel: 'warning' },
  );
  const listener = (warning: unknown) => {
    const { name, message, stack } = described(warning);
    event(name, propertyOf(warning as object, 'code'), message, stack);
  };
  return { tracepoints: [event], install: () => listenToProcess('warning', listener) };
}

function exit({ provider, i32 }: Tracer): EventSource {
  const event = provider('node_process').tracepoint('exit', [['code', i32]], { logLevel: 'notice' });
  return { tracepoints: [event], install: () => onExit((code) => event(code)) };
}

/** Samples of the whole process, from its main thread. CPU times and counts are since its start. */
function samples({ provider, u64 }: Tracer): EventSource {
  const event = provider('node_process').tracepoint(
    'sample',
    [
      ['rss', u64],
      ['rss_max', u64],
      ['heap_total', u64],
      ['heap_used', u64],
      ['external', u64],
      ['array_buffers', u64],
      ['cpu_user_ns', u64],
      ['cpu_system_ns', u64],
      ['major_page_faults', u64],
      ['involuntary_switches', u64],
    ],
    { logLevel: 'info' },
  );

  function sample(): void {
    const memory = process.memoryUsage();
    const usage = process.resourceUsage();
    event(
      memory.rss,
      usage.maxRSS * BYTES_PER_KIB,
      memory.heapTotal,
      memory.heapUsed,
      memory.external,
      memory.arrayBuffers,
      usage.userCPUTime * NS_PER_US,
      usage.systemCPUTime * NS_PER_US,
      usage.majorPageFault,
      usage.involuntaryContextSwitches,
    );
  }

  const install = () => {
    if (!isMainThread) return () => undefined;
    const endSamples = everyMs(SAMPLE_INTERVAL_MS, sample);
    const endExit = onExit(sample);
    return () => {
      endSamples();
      endExit();
    };
  };
  return { tracepoints: [event], install };
}

/** Programs throw anything. */
function described(thrown: unknown): { readonly name: string; readonly message: string; readonly stack: string } {
  if (typeof thrown !== 'object' || thrown === null) return { name: typeof thrown, message: textOf(thrown), stack: '' };
  return {
    name: propertyOf(thrown, 'name'),
    message: propertyOf(thrown, 'message'),
    stack: propertyOf(thrown, 'stack'),
  };
}

/** Empty if there is none. */
function propertyOf(thrown: object, name: string): string {
  try {
    return textOf((thrown as { readonly [name: string]: unknown })[name] ?? '');
  } catch {
    return UNREADABLE;
  }
}

function textOf(value: unknown): string {
  try {
    return String(value).slice(0, TEXT_LENGTH_MAX);
  } catch {
    return UNREADABLE;
  }
}
