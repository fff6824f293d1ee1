import {
  type Capture,
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
  readonly capture?: readonly string[];
  readonly expire?: string;
}

/** Age at which programs remove a probe. */
const EXPIRE_DEFAULT = '1d';

/**
 * The rule of a probe, whose event is called `probe:NAME`.
 *
 * @throws {CliError} `BAD_ARGUMENT`, `BAD_FILTER`
 */
export function probeRule(name: string, location: string, options: ProbeOptions, nowMs: number): RecordingRule {
  if (options.loglevel !== undefined || options.loglevelOnly !== undefined) {
    throw new CliError('BAD_ARGUMENT', 'a probe has no log level', 'leave out --loglevel and --loglevel-only');
  }
  const pattern = name.includes(':') ? name : `${PROBE_PROVIDER}:${name}`;
  const { file, line } = placeOf(location);
  const seconds = parseAge(options.expire ?? EXPIRE_DEFAULT);
  if (seconds === 0) throw new CliError('BAD_ARGUMENT', '--expire needs a time', 'for example: --expire=2h');
  const captures = capturesOf(options.capture ?? []);
  const probe: Probe = { file, line, captures, expiresAtMs: nowMs + seconds * 1000 };
  return { ...eventRule(pattern, options), probe };
}

function placeOf(location: string): { file: string; line: number } {
  const match = /^(.+):([1-9][0-9]{0,6})$/.exec(location);
  if (match === null) {
    throw new CliError(
      'BAD_ARGUMENT',
      `"${location}" is no place in a program`,
      'write FILE:LINE, for example: --probe src/cart.js:42',
    );
  }
  return { file: (match[1] as string).replace(/^\.\//, ''), line: Number(match[2]) };
}

function capturesOf(lists: readonly string[]): readonly Capture[] {
  try {
    return lists.length === 0 ? [] : parseCaptures(lists.join(', '));
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new CliError('BAD_ARGUMENT', error.message, "for example: --capture 'user.id, count = items.length'");
  }
}
