/**
 * The tracer that a Node.js application imports.
 *
 * Importing it registers this thread with the session daemons that run. `node --import @ringtail/tracer/register` (or
 * `--require`) does the same before the application's first line.
 */
import { threadRegistry } from './api/registry.ts';

export type { LogLevelName } from '@ringtail/protocol';
export { type ContextStore, type ContextValue, context } from './api/context.ts';
export {
  array,
  bin,
  bool,
  bytes,
  type EnumeratorRange,
  enumeration,
  type FieldType,
  f32,
  f64,
  filterOnly,
  hex,
  type Integer64,
  type IntegerType,
  i8,
  i16,
  i32,
  i64,
  type ListOf,
  oct,
  optional,
  seq,
  str,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  type ValueOf,
} from './api/fields.ts';
export { type Provider, provider } from './api/provider.ts';
export type { Span, SpanId, SpanOf, SpanOptions } from './api/span.ts';
export { tracef, tracelog } from './api/tracef.ts';
export type { Argument, ArgumentsOf, FieldList, Tracepoint, TracepointOptions } from './api/tracepoint.ts';

threadRegistry();
