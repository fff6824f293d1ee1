import type { FieldSpec } from '@ringtail/ctf';
import { describeException } from '../guard/describe-exception.ts';
import { makeSpanBegin, makeSpanEnd } from '../recorder/code-generation.ts';
import type { Gate } from '../recorder/recorder-plan.ts';
import { END_FIELDS, prefixed, type SpanBegin, type SpanEnd, type SpanEvent } from '../recorder/span-functions.ts';
import type { CurrentSpan } from './current-span.ts';
import type { EnabledListener } from './tracepoint-watches.ts';

const NAME_LENGTH_MAX = 200;
const MESSAGE_LENGTH_MAX = 1000;
/** Captured at load: programs may replace it. */
const { apply } = Reflect;

/** The functions of a span that a program has declared. */
export interface DeclaredSpan {
  readonly begin: SpanBegin;
  readonly end: SpanEnd;
  fail(id: number, error: unknown): void;
  run(id: number, callback: () => unknown): unknown;
  readonly enabled: boolean;
}

/** The events of a span, and the thread to which it belongs. */
export interface SpanParts {
  readonly begin: SpanEvent;
  readonly end: SpanEvent;
  readonly gate: Gate;
  readonly current: CurrentSpan;
  /** Whether the begin would be recorded now. */
  isEnabled(): boolean;
  /** Tells `listener` whether the begin is enabled: at once if it is, and whenever that has changed. */
  watch(listener: EnabledListener): void;
}

/** Makes the functions of a span. */
export function declaredSpan({ begin, end, gate, current, isEnabled, watch }: SpanParts): DeclaredSpan {
  let isWatched = false;
  const nothing = end.site.event.fields.slice(END_FIELDS).map(({ spec }) => emptyValue(spec));
  return {
    begin: makeSpanBegin(begin, gate, current),
    end: makeSpanEnd(end),
    fail(id, error) {
      if (id === 0) return;
      try {
        const { name, message } = describeFailure(error);
        apply(end.tracepoint, undefined, prefixed([id, name, message], nothing));
      } catch {
        // The program has replaced a part of the language.
      }
    },
    run(id, callback) {
      if (id === 0) return callback();
      if (!isWatched) {
        isWatched = true;
        watch((isUsed) => current.use(isUsed));
      }
      return current.run(id, callback);
    },
    get enabled() {
      return isEnabled();
    },
  };
}

/** The code of an error, else its name, and its message. A text is itself the name. Does not throw. */
function describeFailure(error: unknown): { readonly name: string; readonly message: string } {
  if (typeof error === 'string') return { name: error.slice(0, NAME_LENGTH_MAX) || 'failed', message: '' };
  const message = describeException(error).message.slice(0, MESSAGE_LENGTH_MAX);
  try {
    const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown };
    const known = [code, name].find((text) => typeof text === 'string' && text !== '') ?? 'failed';
    return { name: (known as string).slice(0, NAME_LENGTH_MAX), message };
  } catch {
    return { name: 'failed', message };
  }
}

/** The value that a result has in a span that has failed. */
function emptyValue(spec: FieldSpec): unknown {
  switch (spec.kind) {
    case 'string':
    case 'text':
      return '';
    case 'array':
    case 'sequence':
    case 'bytes':
      return [];
    case 'structure':
      return Object.fromEntries(spec.members.map(({ name, spec: member }) => [name, emptyValue(member)]));
    case 'optional':
    case 'dynamic':
      return undefined;
    case 'filter-only':
      return emptyValue(spec.content);
    case 'boolean':
      return false;
    default:
      return 0;
  }
}
