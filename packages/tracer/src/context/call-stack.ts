import type { NamedFieldSpec } from '@ringtail/ctf';
import { reportContextProblem } from './context-problems.ts';
import type { ContextSource } from './context-source.ts';

const NAME = 'callstack-js';
/** Recorded frames of the application, innermost first. */
const FRAMES_MAX = 32;
/** Frames of the tracer above them: the tracepoint, the recorder and this file. */
const OWN_FRAMES_MAX = 8;

/** Captured at load: programs replace properties of the global objects. */
const ErrorConstructor = Error;
const { captureStackTrace } = Error;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { deleteProperty } = Reflect;

/** The two properties by which a program configures stack traces. */
const SETTINGS = ['stackTraceLimit', 'prepareStackTrace'] as const;

/** `callstack-js`: the JavaScript call stack, one line a frame, in V8's format without source maps. */
export function callStackContext(field: NamedFieldSpec): ContextSource {
  return {
    field,
    read() {
      const frames = captureFrames();
      if (frames !== undefined) return frames;
      reportContextProblem(NAME, `context ${NAME} is empty: this program does not let Error be changed`);
      return [];
    },
  };
}

/**
 * Captures with the tracer's settings, then restores the program's. Both use property descriptors: no code of the
 * program runs, and it finds its properties unchanged.
 */
function captureFrames(): string[] | undefined {
  const [limit, prepare] = SETTINGS.map((name) => getOwnPropertyDescriptor(ErrorConstructor, name));
  try {
    setSetting('stackTraceLimit', FRAMES_MAX + OWN_FRAMES_MAX);
    setSetting('prepareStackTrace', (_: unknown, frames: readonly NodeJS.CallSite[]) => frames);
    const holder: { stack?: unknown } = {};
    captureStackTrace(holder);
    return applicationFrames(holder.stack as readonly NodeJS.CallSite[]);
  } catch {
    return undefined;
  } finally {
    restoreSetting('prepareStackTrace', prepare);
    restoreSetting('stackTraceLimit', limit);
  }
}

function setSetting(name: string, value: unknown): void {
  defineProperty(ErrorConstructor, name, { value, writable: true, enumerable: true, configurable: true });
}

function restoreSetting(name: string, descriptor: PropertyDescriptor | undefined): void {
  try {
    if (descriptor === undefined) deleteProperty(ErrorConstructor, name);
    else defineProperty(ErrorConstructor, name, descriptor);
  } catch {
    // A property that could not be changed needs no restoring.
  }
}

function applicationFrames(frames: readonly NodeJS.CallSite[]): string[] {
  const files = frames.map(fileOf);
  // The tracer is one file, and V8 names it as the origin of functions that were generated there.
  const own = files[0];
  // In a program's own bundle everything is in one file: then all frames are recorded.
  let start = Math.max(
    files.findIndex((file) => file !== undefined && own !== undefined && !file.includes(own)),
    0,
  );
  // Built-in functions have no file: they belong to the application where it called them.
  while (start > 0 && files[start - 1] === undefined) start -= 1;
  return frames.slice(start, start + FRAMES_MAX).map(String);
}

/** The file of a frame's code, or the place that generated it; undefined for built-in functions. */
function fileOf(frame: NodeJS.CallSite): string | undefined {
  return frame.getFileName() ?? frame.getEvalOrigin() ?? undefined;
}
