import { createRequire } from 'node:module';
import { everyMs } from '../every.ts';
import { hasInspector } from '../has-inspector.ts';
import type { EventSource, Tracer } from '../instrument.ts';

const INTERVAL_MS = 1000;
/** A sample stands for this number of allocated bytes on average. */
const SAMPLING_BYTES = 512 * 1024;
const FRAMES_MAX = 64;

/** A node of the tree of stacks in a sampling heap profile. */
interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly children: readonly ProfileNode[];
}

interface SamplingProfile {
  readonly head: ProfileNode;
  readonly samples: readonly { readonly size: number; readonly nodeId: number }[];
}

/**
 * Samples of allocations with their stacks, from V8's sampling heap profiler, reported every second.
 *
 * V8 collects the whole heap before it reports. So there is no report at the exit: the program's listeners for it would
 * find objects collected that they flush, while code that V8 calls after a collection could not run any more.
 */
export function heap({ provider, u64, str, seq }: Tracer): readonly EventSource[] {
  const sample = provider('node_heap').tracepoint(
    'allocation_sample',
    [
      ['size', u64],
      ['stack', seq(str)],
    ],
    { logLevel: 'debug' },
  );

  const install = () => {
    if (!hasInspector()) return () => undefined;
    // Builds of Node.js without the inspector lack this module.
    const { Session } = createRequire(process.execPath)('node:inspector') as typeof import('node:inspector');
    const session = new Session();
    session.connect();
    start();

    function start(): void {
      const options = {
        samplingInterval: SAMPLING_BYTES,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      };
      session.post('HeapProfiler.startSampling', options);
    }

    /** A new profile begins, so that the last one takes no memory. */
    function report(): void {
      session.post('HeapProfiler.stopSampling', (error, result) => {
        if (error === null) reportProfile(result.profile as unknown as SamplingProfile);
      });
      start();
    }

    function reportProfile({ head, samples }: SamplingProfile): void {
      const stacks = stacksOf(head);
      for (const { size, nodeId } of samples) sample(size, stacks.get(nodeId) ?? []);
    }

    const endReports = everyMs(INTERVAL_MS, report);
    return () => {
      endReports();
      session.post('HeapProfiler.stopSampling');
      session.disconnect();
    };
  };
  return [{ tracepoints: [sample], install }];
}

/** The stacks of all nodes, innermost frame first. */
function stacksOf(head: ProfileNode): Map<number, readonly string[]> {
  const stacks = new Map<number, readonly string[]>();
  const open: { readonly node: ProfileNode; readonly callers: readonly string[] }[] = [{ node: head, callers: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, callers } = next;
    const stack = node === head ? [] : [frameOf(node), ...callers].slice(0, FRAMES_MAX);
    stacks.set(node.id, stack);
    for (const child of node.children) open.push({ node: child, callers: stack });
  }
  return stacks;
}

/** A frame in V8's format, with the place of the function. The profile counts lines and columns from 0. */
function frameOf({ callFrame: { functionName, url, lineNumber, columnNumber } }: ProfileNode): string {
  const name = functionName || '<anonymous>';
  return url === '' ? name : `${name} (${url}:${lineNumber + 1}:${columnNumber + 1})`;
}
