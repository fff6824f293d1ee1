import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { describeError } from '@ringtail/base';
import { didYouMean } from '@ringtail/base/text';
import { readTokenFile } from '@ringtail/posix';
import { EVERY_TIME, EXECUTIONS_MAX, type RatePolicy, type TriggerAction } from '@ringtail/protocol';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { pathOfUrl } from '../options/directory-url.ts';
import { parseHeaders } from '../options/http-headers.ts';
import { parseCount, periodUsOf } from '../options/quantity-options.ts';
import { parseSnapshotLimit, parseWaitUs } from '../options/unit-hints.ts';
import { warn } from '../output/report.ts';
import { mapDomain } from './map-domain.ts';
import { needed, one, type SpecOption, type SpecPart, type SpecWords } from './spec-words.ts';

/** An action type of the command line. */
export interface ActionSpec {
  readonly options: readonly SpecOption[];
  /** Whether a word follows the type: a session's name, a URL. */
  readonly takesWord?: true;
  /** Whether the words after `--` belong to it. */
  readonly takesRest?: true;
  /** @throws {CliError} */
  readonly make: (
    part: SpecPart,
    ratePolicy: RatePolicy,
    rest: readonly string[] | undefined,
    context: Context,
  ) => TriggerAction;
}

const RATE_POLICY: SpecOption = { long: 'rate-policy' };
const TIMEOUT: SpecOption = { long: 'timeout' };
/** Time limit of `exec`, and of each attempt of `webhook`. */
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_ATTEMPTS = 5;

/** LTTng's action types, then ours. */
export const ACTION_SPECS: Readonly<Record<string, ActionSpec>> = {
  notify: { options: [RATE_POLICY], make: (_, ratePolicy) => ({ kind: 'notify', ratePolicy }) },
  'start-session': onSession('start-session'),
  'stop-session': onSession('stop-session'),
  'rotate-session': onSession('rotate-session'),
  'snapshot-session': {
    takesWord: true,
    options: [
      RATE_POLICY,
      { long: 'name', short: 'n' },
      { long: 'max-size', short: 'm' },
      { long: 'path' },
      { long: 'url' },
      { long: 'ctrl-url' },
      { long: 'data-url' },
    ],
    make: (part, ratePolicy, _, context) => snapshot(part, ratePolicy, context),
  },
  'incr-map-value': {
    options: [
      RATE_POLICY,
      { long: 'session', short: 's' },
      { long: 'channel', short: 'c' },
      { long: 'type', short: 't' },
      { long: 'key', short: 'k' },
    ],
    make: (part, ratePolicy) => {
      const domain = mapDomain(one(part, 'type') ?? 'user');
      return {
        kind: 'increment',
        ratePolicy,
        session: needed(part, 'session'),
        ...(domain !== 'user' && { domain }),
        map: needed(part, 'channel'),
        key: needed(part, 'key'),
      };
    },
  },
  exec: {
    takesRest: true,
    options: [RATE_POLICY, TIMEOUT, { long: 'command' }],
    make: (part, ratePolicy, rest, context) => ({
      kind: 'exec',
      ratePolicy,
      command: commandOf(part, rest, context),
      timeoutMs: timeoutMs(part, context),
    }),
  },
  webhook: {
    takesWord: true,
    options: [
      RATE_POLICY,
      TIMEOUT,
      { long: 'attempts' },
      { long: 'header', short: 'H', repeated: true },
      { long: 'token-file' },
    ],
    make: (part, ratePolicy, _, context) => webhook(part, ratePolicy, context),
  },
};

/** Parses the words after `--action=TYPE`. */
export function actionOf(context: Context, type: string, words: SpecWords): TriggerAction {
  const spec = Object.hasOwn(ACTION_SPECS, type) ? ACTION_SPECS[type] : undefined;
  if (spec === undefined) {
    const known = Object.keys(ACTION_SPECS);
    throw words.wrong(
      `Unknown action name '${type}'`,
      `${didYouMean(type, known)}Valid action names are: ${known.join(', ')}`,
    );
  }
  const part = words.part(spec.options, spec.takesWord ? 1 : 0);
  const rest = spec.takesRest ? words.rest() : undefined;
  const policy = one(part, 'rate-policy');
  return spec.make(part, policy === undefined ? EVERY_TIME : ratePolicyOf(policy), rest, context);
}

const RATE_POLICIES = 'write every:COUNT, once-after:COUNT or at-most:COUNT/PERIOD';

/** Parses `every:10`, `once-after:40` or `at-most:1/10m`. */
function ratePolicyOf(text: string): RatePolicy {
  const [type, value, ...more] = text.split(':');
  if (value === undefined || more.length > 0) {
    throw new CliError('BAD_ARGUMENT', 'Rate policy format is invalid.', RATE_POLICIES);
  }
  if (type === 'every') return { every: rateCount(value) };
  if (type === 'once-after') return { onceAfter: rateCount(value) };
  if (type !== 'at-most') throw new CliError('BAD_ARGUMENT', `Rate policy type \`${type}\` unknown.`, RATE_POLICIES);
  const [executions = '', period, ...rest] = value.split('/');
  if (period === undefined || rest.length > 0) {
    throw new CliError('BAD_ARGUMENT', 'Rate policy format is invalid.', RATE_POLICIES);
  }
  const atMost = rateCount(executions);
  if (atMost > EXECUTIONS_MAX) {
    throw new CliError('BAD_ARGUMENT', `Rate policy value \`${executions}\` must be <= ${EXECUTIONS_MAX}.`);
  }
  // LTTng has no such policy, so no script expects microseconds of a number without a unit.
  const periodUs = /[a-z]$/.test(period) ? periodUsOf(period) : undefined;
  if (periodUs) return { atMost, periodUs };
  throw new CliError(
    'BAD_ARGUMENT',
    `"${period}" is no period of a rate policy`,
    'write a number with us, ms, s, m or h: at-most:1/10m is once in ten minutes',
  );
}

function rateCount(value: string): number {
  const count = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(count)) {
    throw new CliError('BAD_ARGUMENT', `Failed to parse rate policy value \`${value}\` as an integer.`);
  }
  if (count === 0) throw new CliError('BAD_ARGUMENT', `Rate policy value \`${value}\` must be > 0.`);
  return count;
}

function onSession(kind: 'start-session' | 'stop-session' | 'rotate-session'): ActionSpec {
  return {
    takesWord: true,
    options: [RATE_POLICY],
    make: (part, ratePolicy) => ({ kind, ratePolicy, session: sessionWord(part) }),
  };
}

function snapshot(part: SpecPart, ratePolicy: RatePolicy, context: Context): TriggerAction {
  const session = sessionWord(part);
  const [path, url] = [one(part, 'path'), one(part, 'url')];
  if (one(part, 'ctrl-url') !== undefined || one(part, 'data-url') !== undefined) {
    throw new CliError(
      'UNSUPPORTED',
      'not supported yet: --ctrl-url and --data-url; relay daemons are not part of this version',
      'write --path=DIR',
    );
  }
  if (path !== undefined && url !== undefined) {
    throw new CliError('BAD_ARGUMENT', "The --url and --path options can't be used together.");
  }
  const name = one(part, 'name') ?? null;
  const size = one(part, 'max-size');
  const maxBytes = size === undefined ? null : parseSnapshotLimit(context, size);
  const directory = url === undefined ? path : pathOfUrl(url);
  if (directory === undefined) return { kind: 'snapshot-session', ratePolicy, session, output: null, name, maxBytes };
  if (!isAbsolute(directory) || basename(directory) === '') {
    throw new CliError('BAD_ARGUMENT', `Failed to parse '${directory}' as a local path.`, 'write an absolute path');
  }
  const output = { name, path: directory, maxBytes };
  return { kind: 'snapshot-session', ratePolicy, session, output, name: null, maxBytes: null };
}

function webhook(part: SpecPart, ratePolicy: RatePolicy, context: Context): TriggerAction {
  const attempts = one(part, 'attempts');
  const url = httpUrl(part.words[0]);
  const headers = parseHeaders(part.values.header ?? []);
  const tokenFile = one(part, 'token-file');
  return {
    kind: 'webhook',
    ratePolicy,
    url,
    timeoutMs: timeoutMs(part, context),
    attempts: attempts === undefined ? DEFAULT_ATTEMPTS : parseCount('--attempts', attempts, 1),
    ...(headers.length > 0 && { headers }),
    ...(tokenFile !== undefined && { tokenFile: tokenPath(tokenFile, url, context) }),
  };
}

/** The daemon reads the file for each post, so a problem with it now is a warning. */
function tokenPath(text: string, url: string, context: Context): string {
  if (text === '') throw new CliError('BAD_ARGUMENT', 'Missing or invalid argument for `--token-file`.');
  const path = absolutePath(context, text);
  try {
    readTokenFile(path);
  } catch (error) {
    warn(context, `${describeError(error)}. Posts fail until this is corrected.`);
  }
  const { protocol, hostname } = new URL(url);
  const isLocal = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  if (protocol === 'http:' && !isLocal) {
    warn(context, `the token travels to ${hostname} without encryption: use https`);
  }
  return path;
}

/** `--command` is a line for the shell; words after `--` are a program and its arguments. */
function commandOf(part: SpecPart, rest: readonly string[] | undefined, context: Context): readonly string[] {
  const line = one(part, 'command');
  const given = rest !== undefined && rest.length > 0;
  if ((line === undefined) !== given) {
    throw new CliError(
      'BAD_ARGUMENT',
      'exec takes either --command or words behind --',
      'such as: --action=exec -- /usr/bin/logger trouble',
    );
  }
  if (line !== undefined) return ['/bin/sh', '-c', line];
  const [program, ...args] = rest as readonly [string, ...string[]];
  return [programPath(program, context), ...args];
}

/** Path of the program, from this process's PATH, since the daemon's may differ. */
function programPath(program: string, context: Context): string {
  if (isAbsolute(program)) return program;
  const places = program.includes('/')
    ? [absolutePath(context, program)]
    : (context.env.PATH ?? '/usr/bin:/bin')
        .split(delimiter)
        .filter(isAbsolute)
        .map((place) => join(place, program));
  const found = places.find(isProgram);
  if (found !== undefined) return found;
  throw new CliError(
    'BAD_ARGUMENT',
    `${program}: command not found`,
    'name the program of --action=exec with its path',
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function httpUrl(text: string | undefined): string {
  if (text === undefined)
    throw new CliError('BAD_ARGUMENT', 'Missing URL.', 'such as: --action=webhook http://localhost:8080/hook');
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new CliError('BAD_ARGUMENT', `"${text}" is no URL of HTTP`, 'it begins with http:// or https://');
}

function timeoutMs(part: SpecPart, context: Context): number {
  const text = one(part, 'timeout');
  if (text === undefined) return DEFAULT_TIMEOUT_MS;
  return Math.round(parseWaitUs(context, '--timeout', text) / 1000);
}

function sessionWord(part: SpecPart): string {
  const [session] = part.words;
  if (session !== undefined && session !== '') return session;
  throw new CliError('BAD_ARGUMENT', 'Missing session name.');
}
