/** Captured at load: programs replace properties of the global objects. */
const ErrorConstructor = Error;
const { captureStackTrace } = Error;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { deleteProperty } = Reflect;

type AnyFunction = (...args: never[]) => unknown;

/** The two properties by which a program configures stack traces. */
const SETTINGS = ['stackTraceLimit', 'prepareStackTrace'] as const;
const FRAMES_MAX = 64;

/**
 * Captures the JavaScript call stack below a function, without any code of the program. Frames of Ringtail are left
 * out: they are there if the program has called an observed function.
 *
 * @param callee the innermost function that is left out, with all that it calls
 * @param skipped number of further frames that are left out
 * @returns frames in V8's format without source maps, innermost first; none where the program has frozen `Error`
 */
export function callStackBelow(callee: AnyFunction, skipped: number): string[] {
  const frames = framesBelow(callee, FRAMES_MAX).slice(skipped);
  return frames.filter((frame) => frame.getFileName() !== OUR_FILE).map(String);
}

/**
 * Frames of the call stack below a function, innermost first.
 *
 * @param framesMax greatest number of frames
 */
export function framesBelow(callee: AnyFunction, framesMax: number): readonly NodeJS.CallSite[] {
  const [limit, prepare] = SETTINGS.map((name) => getOwnPropertyDescriptor(ErrorConstructor, name));
  try {
    setSetting('stackTraceLimit', framesMax);
    setSetting('prepareStackTrace', (_: unknown, frames: readonly NodeJS.CallSite[]) => frames);
    const holder: { stack?: unknown } = {};
    captureStackTrace(holder, callee);
    return holder.stack as readonly NodeJS.CallSite[];
  } catch {
    return [];
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

/** The file of the bundle. */
export const OUR_FILE = ownFile();

function ownFile(): string | null | undefined {
  const innermost = () => framesBelow(innermost, 1);
  return innermost()[0]?.getFileName();
}
