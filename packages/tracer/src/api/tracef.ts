import module from 'node:module';
import type { LogLevelName } from '@ringtail/protocol';
import { debug } from '../host/debug.ts';
import { i32, str } from './fields.ts';
import { provider } from './provider.ts';
import type { Tracepoint } from './tracepoint.ts';

/** `util.format`, loaded with the first message. `@ringtail/base/node` explains why no `import` loads it. */
let format: typeof import('node:util').format | undefined;
/** Declared at the first use, so that programs without messages do not list it. */
let tracefEvent: Tracepoint<[msg: string]> | undefined;

/** Records a message as `lttng_ust_tracef:event`. `util.format` formats it, only if it is recorded. */
export function tracef(message: string, ...values: readonly unknown[]): void {
  try {
    tracefEvent ??= provider('lttng_ust_tracef').tracepoint('event', [['msg', str]], { logLevel: 'debug' });
    if (tracefEvent.enabled) tracefEvent(textOf(message, values));
  } catch (error) {
    debug('a message is not recorded', error);
  }
}

const TRACELOG_FIELDS = [
  ['line', i32],
  ['file', str],
  ['func', str],
  ['msg', str],
] as const;
const tracelogEvents: {
  [level in LogLevelName]?: Tracepoint<[line: number, file: string, func: string, msg: string]>;
} = {};

/** Records a message with a log level and the place of the call as `lttng_ust_tracelog:TRACE_<LEVEL>`. */
export function tracelog(logLevel: LogLevelName, message: string, ...values: readonly unknown[]): void {
  try {
    const event = tracelogEvents[logLevel] ?? declareTracelog(logLevel);
    if (!event.enabled) return;
    const { line, file, func } = callerOf(tracelog);
    event(line, file, func, textOf(message, values));
  } catch (error) {
    debug('a message is not recorded', error);
  }
}

function declareTracelog(logLevel: LogLevelName) {
  const name = `TRACE_${String(logLevel).toUpperCase()}`;
  const event = provider('lttng_ust_tracelog').tracepoint(name, TRACELOG_FIELDS, { logLevel });
  tracelogEvents[logLevel] = event;
  return event;
}

function textOf(message: string, values: readonly unknown[]): string {
  return safely(() => {
    format ??= (module.createRequire('/')('node:util') as typeof import('node:util')).format;
    return format(message, ...values);
  });
}

/** Formats a text. Formatting runs the values' own code, which may throw: the application must not notice. */
function safely(makeText: () => string): string {
  try {
    return makeText();
  } catch (error) {
    return `<unformattable: ${error instanceof Error ? error.message : 'unknown error'}>`;
  }
}

interface CallSite {
  readonly line: number;
  readonly file: string;
  readonly func: string;
}

/** The place of the call of `callee`, from a stack trace: `at func (file:line:column)` or `at file:line:column`. */
function callerOf(callee: (...args: never) => unknown): CallSite {
  const holder: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = 1;
    Error.captureStackTrace(holder, callee);
    Error.stackTraceLimit = limit;
  } catch {
    // A program may forbid changes of Error.
  }
  const frame = /^\s*at (?:(.*?) \()?(.*?):(\d+):\d+\)?$/m.exec(safely(() => String(holder.stack)));
  return { func: frame?.[1] ?? '', file: frame?.[2] ?? '', line: Number(frame?.[3] ?? 0) };
}
