import type { NamedFieldSpec } from '@ringtail/ctf';
import type { ContextSource } from './context-source.ts';
import { tellContextTrouble } from './context-problems.ts';

const NAME = 'callstack-js';
/** Frames of the application that are recorded, innermost first. */
const FRAMES_MAX = 32;
/** Frames of ours above them: the tracepoint, the recorder and what it calls. */
const OWN_FRAMES_MAX = 8;

/** Captured at load: programs replace what they find at the global objects. */
const ErrorConstructor = Error;
const { captureStackTrace } = Error;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { deleteProperty } = Reflect;

/** The two properties by which a program says how stack traces come out. */
const SETTINGS = ['stackTraceLimit', 'prepareStackTrace'] as const;

/** `callstack-js`: the JavaScript call stack, a line a frame, as V8 writes frames but without source maps. */
export function callStackContext(field: NamedFieldSpec): ContextSource {
  return {
    field,
    read() {
      const frames = captureFrames();
      if (frames !== undefined) return frames;
      tellContextTrouble(NAME, `context ${NAME} is empty: this program does not let Error be changed`);
      return [];
    },
  };
}

/**
 * Captures with settings of our own and puts back what was there, by descriptor, so that no code of the program runs and it finds
 * everything as it left it.
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
    // What could not be changed before needs not be put back.
  }
}

function applicationFrames(frames: readonly NodeJS.CallSite[]): string[] {
  const files = frames.map(fileOf);
  // The tracer is one file, and V8 names it as the place of functions that were generated there.
  const own = files[0];
  // In a bundle everything is in one file, and nothing can be told apart.
  let start = Math.max(
    files.findIndex((file) => file !== undefined && own !== undefined && !file.includes(own)),
    0,
  );
  // What is built into the runtime is in no file: it belongs to whoever called it.
  while (start > 0 && files[start - 1] === undefined) start -= 1;
  return frames.slice(start, start + FRAMES_MAX).map(String);
}

/** Where the code of a frame is, or where it was generated; undefined for what is built in. */
function fileOf(frame: NodeJS.CallSite): string | undefined {
  return frame.getFileName() ?? frame.getEvalOrigin() ?? undefined;
}
