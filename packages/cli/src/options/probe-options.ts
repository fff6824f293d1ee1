import {
  type Capture,
  type CaptureLimits,
  PROBE_PROVIDER,
  type Probe,
  parseCaptures,
  type RecordingRule,
  ShapeError,
} from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';
import { parseAge } from './retention-options.ts';
import { eventRule, type RuleOptions } from './rule-options.ts';

export interface ProbeOptions extends RuleOptions {
  readonly probe?: string;
  readonly function?: string;
  readonly capture?: readonly string[];
  readonly captureLocals?: boolean;
  readonly captureDepth?: string;
  readonly captureLength?: string;
  readonly expire?: string;
}

/** Age at which programs remove a probe. */
const EXPIRE_DEFAULT = '1d';
const DEPTH_DEFAULT = 3;
const LENGTH_DEFAULT = 1024;
const LINE_EXAMPLE = 'for example: --probe src/cart.js:42';
const FUNCTION_EXAMPLE = "for example: --function 'Cart.prototype.add'";

/**
 * The rule of a probe. The event of a line is called `probe:NAME`, and the events of a function match `probe:NAME_*`.
 *
 * @throws {CliError} `BAD_ARGUMENT`, `BAD_FILTER`
 */
export function probeRule(name: string, options: ProbeOptions, nowMs: number): RecordingRule {
  if (options.loglevel !== undefined || options.loglevelOnly !== undefined) {
    throw new CliError('BAD_ARGUMENT', 'a probe has no log level', 'leave out --loglevel and --loglevel-only');
  }
  const seconds = parseAge(options.expire ?? EXPIRE_DEFAULT);
  if (seconds === 0) throw new CliError('BAD_ARGUMENT', '--expire needs a time', 'for example: --expire=2h');
  const ofEachProbe = { ...limitsOf(options), expiresAtMs: nowMs + seconds * 1000 };
  const stem = name.includes(':') ? name : `${PROBE_PROVIDER}:${name}`;
  if (options.function === undefined) {
    const captures = capturesOf(options.capture ?? []);
    const locals = options.captureLocals === true ? { locals: true as const } : {};
    const probe: Probe = { ...lineOf(options.probe ?? ''), captures, ...locals, ...ofEachProbe };
    return { ...eventRule(stem, options), probe };
  }
  if (options.probe !== undefined)
    throw new CliError('BAD_ARGUMENT', 'give either --probe or --function', LINE_EXAMPLE);
  if (options.capture !== undefined || options.captureLocals === true) {
    throw new CliError('BAD_ARGUMENT', '--capture and --capture-locals go with --probe', LINE_EXAMPLE);
  }
  const pattern = stem.endsWith('_*') ? stem : `${stem}_*`;
  return { ...eventRule(pattern, options), probe: { ...functionOf(options.function), ...ofEachProbe } };
}

function lineOf(location: string): { file: string; line: number } {
  const match = /^(.+):([1-9][0-9]{0,6})$/.exec(location);
  if (match === null) {
    const message = `"${location}" is no place in a program`;
    throw new CliError('BAD_ARGUMENT', message, 'write FILE:LINE, for example: --probe src/cart.js:42');
  }
  return { file: withoutDot(match[1] as string), line: Number(match[2]) };
}

function functionOf(location: string): { function: string; file?: string } {
  const at = location.lastIndexOf(':');
  const name = location.slice(at + 1);
  if (name === '' || /[\s/()]|^\d/.test(name)) {
    throw new CliError('BAD_ARGUMENT', `"${location}" names no function`, `write [FILE:]NAME, ${FUNCTION_EXAMPLE}`);
  }
  return { function: name, ...(at > 0 && { file: withoutDot(location.slice(0, at)) }) };
}

function withoutDot(file: string): string {
  return file.replace(/^\.\//, '');
}

function limitsOf({ captureDepth, captureLength }: ProbeOptions): { limits?: CaptureLimits } {
  if (captureDepth === undefined && captureLength === undefined) return {};
  const depth = numberOf('--capture-depth', captureDepth) ?? DEPTH_DEFAULT;
  return { limits: { depth, length: numberOf('--capture-length', captureLength) ?? LENGTH_DEFAULT } };
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,4}$/.test(text)) return Number(text);
  throw new CliError('BAD_ARGUMENT', `${option} needs a number, not "${text}"`, `for example: ${option}=2`);
}

function capturesOf(lists: readonly string[]): readonly Capture[] {
  try {
    return lists.length === 0 ? [] : parseCaptures(lists.join(', '));
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new CliError('BAD_ARGUMENT', error.message, "for example: --capture 'user.id, count = items.length'");
  }
}
