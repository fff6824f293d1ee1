import type { StructureFieldClass } from '../model/field-class.ts';
import type { FieldSpec, NamedFieldSpec } from './field-spec.ts';
import { loweredNames, lowerFields } from './lower.ts';
import { SpecError } from './spec-error.ts';

/** Where the value of a context is written: once a packet, or in each event record's context. */
export type ContextSpec =
  | { readonly place: 'packet' }
  | { readonly place: 'event'; readonly field: NamedFieldSpec }
  /** Known to LTTng's users, and not to be had of a JavaScript program. */
  | { readonly place: 'nowhere'; readonly reason: string };

const integer = (signed: boolean, bits: 32 | 64): FieldSpec => ({ kind: 'integer', signed, bits, base: 10 });
const I32 = integer(true, 32);
const U32 = integer(false, 32);
const U64 = integer(false, 64);

/** In every packet's context anyway. */
const PACKET_CONTEXTS = ['vpid', 'vtid', 'procname'];

/** Names and types as `lttng-ust` writes them on 64-bit Linux. Names and types of JavaScript contexts are ours. */
const EVENT_CONTEXTS: readonly (readonly [name: string, spec: FieldSpec])[] = [
  ['cpu_id', I32],
  ['hostname', { kind: 'string' }],
  ...['cgroup_ns', 'ipc_ns', 'mnt_ns', 'net_ns', 'pid_ns', 'time_ns', 'user_ns', 'uts_ns'].map(
    (name) => [name, U64] as const,
  ),
  ...['vuid', 'vgid', 'veuid', 'vegid', 'vsuid', 'vsgid'].map((name) => [name, U32] as const),
  ['async_id', U64],
  ['trigger_async_id', U64],
  ['callstack-js', { kind: 'sequence', element: { kind: 'string' } }],
];

const NOWHERE: ReadonlyMap<string, string> = new Map([
  ['ip', 'a JavaScript program has no instruction pointer that means anything: use callstack-js'],
  ['pthread_id', 'a JavaScript program does not know its threads by pthread_self(): use vtid'],
  ...(
    'pid prio nice tid ppid vppid interruptible preemptible need_reschedule migratable callstack-kernel ' +
    'callstack-user uid euid suid gid egid sgid'
  )
    .split(' ')
    .map((name) => [name, 'only the kernel domain has it'] as const),
]);

const contexts = new Map<string, ContextSpec>([
  ...PACKET_CONTEXTS.map((name) => [name, { place: 'packet' }] as const),
  ...EVENT_CONTEXTS.map(([name, spec]) => [name, { place: 'event', field: { name: identifier(name), spec } }] as const),
  ...Array.from(NOWHERE, ([name, reason]) => [name, { place: 'nowhere', reason }] as const),
]);

/** The contexts that have one name each; `perf:thread:COUNTER` and `$app.PROVIDER:NAME` come on top. */
export const CONTEXT_NAMES: readonly string[] = [...PACKET_CONTEXTS, ...EVENT_CONTEXTS.map(([name]) => name)];

const PERF_THREAD = /^perf:thread:(?:[A-Za-z0-9-]+|raw:r[0-9a-fA-F]{1,13}:[A-Za-z0-9_-]+)$/;
const APPLICATION = /^\$app\.[A-Za-z_][A-Za-z0-9_.-]{0,99}:[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;

/**
 * The specification of a context, by its name in `add-context`.
 *
 * Names of perf counters are checked by their form only: the kernel's interface decides which counters exist.
 *
 * @returns undefined for an unknown name
 */
export function contextSpec(name: string): ContextSpec | undefined {
  if (PERF_THREAD.test(name)) return { place: 'event', field: { name: identifier(name), spec: U64 } };
  if (APPLICATION.test(name)) return { place: 'event', field: { name: identifier(name), spec: { kind: 'dynamic' } } };
  if (name.startsWith('perf:cpu:')) {
    return { place: 'nowhere', reason: 'only the kernel domain counts by processor: use perf:thread' };
  }
  return contexts.get(name);
}

/**
 * The fields of the contexts with these names, in their order, in the context of each event record.
 *
 * Equal names get a number behind them: LTTng writes `_` for a character that an identifier cannot contain.
 *
 * @throws {SpecError} `BAD_NAME` for a name that cannot be recorded
 */
export function contextFields(names: readonly string[]): readonly NamedFieldSpec[] {
  const taken = new Set<string>();
  return recordedContexts(names).map((name) => {
    const { field } = contextSpec(name) as ContextSpec & { place: 'event' };
    let unique = field;
    for (let i = 2; loweredNames(unique).some((lowered) => taken.has(lowered)); i++) {
      unique = { name: `${field.name}_${i}`, spec: field.spec };
    }
    for (const lowered of loweredNames(unique)) taken.add(lowered);
    return unique;
  });
}

/**
 * The contexts of these names that are written in each event record, each once, in order.
 *
 * @throws {SpecError} `BAD_NAME` for a name that cannot be recorded
 */
export function recordedContexts(names: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => {
    const spec = contextSpec(name);
    if (spec === undefined) throw new SpecError('BAD_NAME', '$', `there is no context ${JSON.stringify(name)}`);
    if (spec.place === 'nowhere') throw new SpecError('BAD_NAME', '$', `no context ${name}: ${spec.reason}`);
    return spec.place === 'event';
  });
}

/**
 * The common context of the event records of a channel with these contexts; undefined if nothing is written.
 *
 * @throws {SpecError} `BAD_NAME` for a name that cannot be recorded
 */
export function contextClass(names: readonly string[], version: 1 | 2): StructureFieldClass | undefined {
  const fields = contextFields(names);
  return fields.length === 0 ? undefined : lowerFields(fields, version);
}

/** As LTTng makes an identifier of a name. */
function identifier(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_');
}
