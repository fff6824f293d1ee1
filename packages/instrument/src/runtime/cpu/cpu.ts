import type { Profiler } from 'node:inspector';
import { createRequire } from 'node:module';
import { everyMs } from '../../every.ts';
import { hasInspector } from '../../has-inspector.ts';
import { identifiers } from '../../identifiers.ts';
import type { EventSource, Tracer } from '../../instrument.ts';
import { onExit } from '../../on-exit.ts';
import { callTreeOf, FunctionKind } from './call-tree.ts';

/** Beginning and end of a slice take V8 tens of milliseconds in a large program, so slices are not shorter. */
const SLICE_MS = 5000;
const HERTZ_DEFAULT = 1000;
const HERTZ_MAX = 10_000;
/** Elements of a sequence in one event. It fits into the smallest sub-buffers. */
const ELEMENTS_MAX = 256;
const TEXT_MAX = 500;

/**
 * Samples of the JavaScript stack, from V8's CPU profiler.
 *
 * The profiler runs in slices of a few seconds, so its memory is bounded. The events of a slice explain each other:
 * functions, then stacks (a function and the stack that has called it), then samples. A part of a trace that holds a
 * whole slice needs nothing of the slices before.
 */
export function cpu({ provider, u8, u32, u64, str, seq, enumeration }: Tracer): readonly EventSource[] {
  const events = provider('node_cpu');
  const options = { logLevel: 'debug' } as const;
  const functionSeen = events.tracepoint(
    'function',
    [
      ['slice_id', u64],
      ['function_id', u32],
      ['kind', enumeration(u8, FunctionKind)],
      ['name', str],
      ['url', str],
      ['line', u32],
      ['column', u32],
    ],
    options,
  );
  const stacksSeen = events.tracepoint(
    'stacks',
    [
      ['slice_id', u64],
      ['stack_ids', seq(u32)],
      ['caller_ids', seq(u32)],
      ['function_ids', seq(u32)],
    ],
    options,
  );
  const samples = events.tracepoint(
    'samples',
    [
      ['slice_id', u64],
      ['start_ns', u64],
      ['period_ns', u64],
      ['offsets_us', seq(u32)],
      ['stack_ids', seq(u32)],
    ],
    options,
  );

  const install = () => {
    if (!hasInspector()) return () => undefined;
    // Builds of Node.js without the inspector lack this module.
    const { Session } = createRequire(process.execPath)('node:inspector') as typeof import('node:inspector');
    const nextId = identifiers();
    const periodUs = Math.round(1e6 / hertzFrom(process.env.RINGTAIL_PROFILE_HZ));
    const session = new Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: periodUs });
    session.post('Profiler.start');

    /** Ends the slice, and begins the next one. */
    function nextSlice(): void {
      const profile = endSlice();
      session.post('Profiler.start');
      try {
        if (profile !== undefined) reportSlice(profile);
      } catch (error) {
        // No slice follows, so the profiler would grow.
        session.disconnect();
        throw error;
      }
    }

    function endSlice(): Profiler.Profile | undefined {
      let profile: Profiler.Profile | undefined;
      // Not reported in here: Node.js would print an error as a warning.
      session.post('Profiler.stop', (error, result) => {
        if (error === null) profile = result.profile;
      });
      return profile;
    }

    function reportSlice({ nodes, startTime, samples: nodeIds = [], timeDeltas = [] }: Profiler.Profile): void {
      const id = nextId();
      const { functions, stackIds, callerIds, functionIds } = callTreeOf(nodes);
      functions.forEach(({ kind, name, url, line, column }, i) => {
        functionSeen(id, i, kind, name.slice(0, TEXT_MAX), url.slice(-TEXT_MAX), line, column);
      });
      inParts(stackIds.length, (from, to) => {
        stacksSeen(id, stackIds.slice(from, to), callerIds.slice(from, to), functionIds.slice(from, to));
      });
      const offsetsUs: number[] = [];
      let offsetUs = 0;
      for (const deltaUs of timeDeltas) {
        offsetUs += deltaUs;
        // Deltas of V8 may be negative.
        offsetsUs.push(Math.max(0, offsetUs));
      }
      inParts(nodeIds.length, (from, to) => {
        samples(id, startTime * 1000, periodUs * 1000, offsetsUs.slice(from, to), nodeIds.slice(from, to));
      });
    }

    const endSlices = everyMs(SLICE_MS, nextSlice);
    const endExit = onExit(() => {
      const profile = endSlice();
      if (profile !== undefined) reportSlice(profile);
    });
    return () => {
      endSlices();
      endExit();
      session.disconnect();
    };
  };
  return [{ tracepoints: [functionSeen, stacksSeen, samples], install }];
}

function inParts(length: number, act: (from: number, to: number) => void): void {
  for (let from = 0; from < length; from += ELEMENTS_MAX) act(from, from + ELEMENTS_MAX);
}

/** @param setting samples a second, from the environment */
function hertzFrom(setting: string | undefined): number {
  const hertz = Number(setting);
  return hertz >= 1 && hertz <= HERTZ_MAX ? hertz : HERTZ_DEFAULT;
}
