import { isPromise } from 'node:util/types';
import { nowNs } from '../clock.ts';
import { codeOf } from '../error-code.ts';
import { identifiers } from '../identifiers.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { hideOurFrames, type Observer, observeAll, type Target } from '../wrap.ts';

/** The part of a document of GraphQL that is read. @see https://graphql.org/graphql-js/language/ */
interface Definition {
  readonly kind?: unknown;
  readonly operation?: unknown;
  readonly name?: { readonly value?: unknown };
}

interface ExecutionArgs {
  readonly document?: { readonly definitions?: unknown };
  readonly operationName?: unknown;
}

interface Call {
  readonly id: number;
  readonly framesMax: number;
}

interface Step {
  readonly startNs: number;
  readonly framesMax: number;
}

/** Operations of GraphQL that the package `graphql` executes, without their texts, variables and results. */
export function graphql({ provider, u32, u64, str }: Tracer): readonly EventSource[] {
  const events = provider('node_graphql');
  const begin = events.tracepoint(
    'execute_begin',
    [
      ['call_id', u64],
      ['operation', str],
      ['name', str],
    ],
    { logLevel: 'info' },
  );
  const end = events.tracepoint(
    'execute_end',
    [
      ['call_id', u64],
      ['errors', u32],
      ['error', str],
    ],
    { logLevel: 'info' },
  );
  const declareStep = (name: string) =>
    events.tracepoint(
      name,
      [
        ['errors', u32],
        ['start_ns', u64],
        ['duration_ns', u64],
      ],
      { logLevel: 'debug' },
    );
  const parse = declareStep('parse');
  const validate = declareStep('validate');
  const nextId = identifiers();

  const finish = ({ id, framesMax }: Call, result: unknown) => {
    const errors = errorsOf(Object(result).errors, framesMax);
    end(id, errors.length, errors.length === 0 ? '' : errorOf(errors[0]));
  };
  const executing: Observer<Call> = {
    before(_, [args]) {
      const id = nextId();
      begin(id, ...operationOf(Object(args)));
      return { id, framesMax: framesMaxNow() };
    },
    returned(call, result) {
      if (!isPromise(result)) finish(call, result);
    },
    threw: ({ id }, error) => end(id, 1, errorOf(error)),
    settled: (call, error, isFulfilled, result) =>
      isFulfilled ? finish(call, result) : end(call.id, 1, errorOf(error)),
  };
  const stepping = (step: typeof parse): Observer<Step> => {
    const report = ({ startNs }: Step, errors: number) => step(errors, startNs, Math.max(0, nowNs() - startNs));
    return {
      before: () => ({ startNs: nowNs(), framesMax: framesMaxNow() }),
      returned: (call, result) => report(call, errorsOf(result, call.framesMax).length),
      threw: (call) => report(call, 1),
    };
  };

  const change = (file: string, name: string, observer: Target['observer']) => () =>
    changeModule({
      packageName: 'graphql',
      file,
      change: (holder) => observeAll([{ holder, name, observer }]),
    });
  return [
    { tracepoints: [begin, end], install: change('execution/execute.js', 'execute', executing) },
    { tracepoints: [parse], install: change('language/parser.js', 'parse', stepping(parse)) },
    {
      tracepoints: [validate],
      install: change('validation/validate.js', 'validate', stepping(validate)),
    },
  ];
}

function framesMaxNow(): number {
  return Number(Error.stackTraceLimit) || 0;
}

/** Errors that a function has returned. They were made in it, so that their stacks have frames of the observation. */
function errorsOf(value: unknown, framesMax: number): readonly unknown[] {
  const errors: readonly unknown[] = Array.isArray(value) ? value : [];
  for (const error of errors) {
    hideOurFrames(error, framesMax);
    const { originalError } = Object(error) as { readonly originalError?: unknown };
    if (originalError != null) hideOurFrames(originalError, framesMax);
  }
  return errors;
}

/** @returns the kind and the name of the operation of a document that is executed */
function operationOf({ document, operationName }: ExecutionArgs): readonly [kind: string, name: string] {
  const definitions = Object(document).definitions;
  const operations = (Array.isArray(definitions) ? (definitions as Definition[]) : []).filter(
    ({ kind }) => kind === 'OperationDefinition',
  );
  const operation = operations.find(({ name }) => operationName == null || name?.value === operationName);
  return [textOf(operation?.operation), textOf(operation?.name?.value)];
}

/** Servers give their errors a code in `extensions`. */
function errorOf(error: unknown): string {
  const { extensions, originalError } = Object(error) as Readonly<Record<string, unknown>>;
  return textOf(Object(extensions).code) || codeOf(originalError ?? error);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
