/** The recorded text of an exception: bounded, so that it fits into a sub-buffer of any usual size. */
export interface ExceptionDescription {
  readonly message: string;
  /** The engine's text; empty for a value that is not an error. */
  readonly stack: string;
  /** Stacks of its causes, the nearest first. */
  readonly cause: string;
}

const MESSAGE_LENGTH_MAX = 2048;
const STACK_LENGTH_MAX = 8192;
const CAUSE_LENGTH_MAX = 8192;
const CAUSES_MAX = 8;

/** Describes any thrown value. Does not throw, whatever the value's properties do. */
export function describeException(thrown: unknown): ExceptionDescription {
  return {
    message: messageOf(thrown).slice(0, MESSAGE_LENGTH_MAX),
    stack: textIn(thrown, 'stack').slice(0, STACK_LENGTH_MAX),
    cause: causesOf(thrown)
      .map((cause) => textIn(cause, 'stack') || messageOf(cause))
      .join('\n')
      .slice(0, CAUSE_LENGTH_MAX),
  };
}

function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null) {
    const message = textIn(thrown, 'message');
    if (message !== '') return message;
  }
  try {
    return String(thrown);
  } catch {
    return 'something without a text was thrown';
  }
}

/** The causes of an exception, their causes, and the errors of each `AggregateError`; each once. */
function causesOf(thrown: unknown): unknown[] {
  const found = new Set<unknown>([thrown]);
  for (const one of found) {
    const errors = memberOf(one, 'errors');
    for (const cause of [memberOf(one, 'cause'), ...(Array.isArray(errors) ? errors.slice(0, CAUSES_MAX) : [])]) {
      if (cause !== undefined && found.size <= CAUSES_MAX) found.add(cause);
    }
  }
  found.delete(thrown);
  return [...found];
}

function textIn(thrown: unknown, name: string): string {
  const value = memberOf(thrown, name);
  return typeof value === 'string' ? value : '';
}

function memberOf(thrown: unknown, name: string): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  try {
    return (thrown as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
}
