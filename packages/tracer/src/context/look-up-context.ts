import { contextSpec, type FieldSpec, recordedContexts } from '@ringtail/ctf';
import { applicationContext } from './application-context.ts';
import { asyncIdContext } from './async-ids.ts';
import { callStackContext } from './call-stack.ts';
import type { ContextLookup, ContextSource } from './context-source.ts';
import { credentialContext } from './credentials.ts';
import { fixedContext } from './fixed-contexts.ts';
import { perfCounterContext } from './perf-counter.ts';
import { processorContext } from './processor.ts';

/** Types of the fields in the packet's context, for filters. */
const TEXT: FieldSpec = { kind: 'string' };
const NUMBER: FieldSpec = { kind: 'integer', signed: true, bits: 32, base: 10 };

const sources = new Map<string, ContextSource>();

/** The context fields of this thread. */
export const lookUpContext: ContextLookup = (name) => {
  const known = sources.get(name);
  if (known !== undefined) return known;
  const source = makeSource(name);
  if (source !== undefined) sources.set(name, source);
  return source;
};

/**
 * Sources of the fields that a channel with these contexts writes into each event record's context, in order. Fields of
 * the packet's context are left out.
 *
 * @throws {SpecError} `BAD_NAME` for a name that cannot be recorded
 */
export function recordedSources(names: readonly string[]): readonly ContextSource[] {
  return recordedContexts(names).map((name) => lookUpContext(name) as ContextSource);
}

function makeSource(name: string): ContextSource | undefined {
  const spec = contextSpec(name);
  if (spec === undefined || spec.place === 'nowhere') return undefined;
  if (spec.place === 'packet') return fixedContext(name, { name, spec: name === 'procname' ? TEXT : NUMBER });
  const { field } = spec;
  if (name.startsWith('$app.')) return applicationContext(name, field);
  if (name.startsWith('perf:')) return perfCounterContext(name, field);
  switch (name) {
    case 'cpu_id':
      return processorContext(field);
    case 'callstack-js':
      return callStackContext(field);
    case 'async_id':
    case 'trigger_async_id':
      return asyncIdContext(name, field);
    case 'vuid':
    case 'vgid':
    case 'veuid':
    case 'vegid':
    case 'vsuid':
    case 'vsgid':
      return credentialContext(name, field);
    default:
      return fixedContext(name, field);
  }
}
