import { framesBelow, OUR_FILE } from '../call-stack.ts';

/** A logger's own frames lie between the program and Node.js or Ringtail. */
const FRAMES_MAX = 16;
const TEXT_LENGTH_MAX = 1024;

/** The place in a program that has called a logger. */
export interface CallSite {
  /** `NAME (FILE:LINE:COLUMN)`; empty if it is not known. */
  readonly text: string;
  /** Names of functions of Node.js on the way to the logger. */
  readonly passed: readonly string[];
}

/**
 * The innermost frame that belongs neither to Node.js, nor to Ringtail, nor to the logger.
 *
 * @param callee function of Ringtail that the logger has called
 * @param isLogger whether a file belongs to the logger
 */
export function callSiteBelow(
  callee: (...args: never[]) => unknown,
  isLogger: (file: string) => boolean = () => false,
): CallSite {
  const passed: string[] = [];
  for (const frame of framesBelow(callee, FRAMES_MAX)) {
    const file = frame.getFileName() ?? '';
    if (file.startsWith('node:')) passed.push(frame.getFunctionName() ?? '');
    else if (file !== '' && file !== OUR_FILE && !isLogger(file)) {
      return { text: String(frame).slice(0, TEXT_LENGTH_MAX), passed };
    }
  }
  return { text: '', passed };
}

/** Whether a file belongs to one of these packages. */
export function filesOf(...packageNames: readonly string[]): (file: string) => boolean {
  const parts = packageNames.map((name) => `/node_modules/${name}/`);
  return (file) => parts.some((part) => file.includes(part));
}
