import { PERF_PREFIX, PERF_TYPE_RAW, perfCounterName, perfCounterOf } from '@ringtail/protocol';

/** A context in session files; `type` is a name of LTTng's `event_context_type_type`. */
export type ContextElement =
  | { readonly type: string }
  | { readonly perf: { readonly type: number; readonly config: number; readonly name: string } }
  | { readonly app: { readonly provider_name: string; readonly ctx_name: string } };

/**
 * Types of contexts in all versions of LTTng's schema, by our names. LTTng also saves other contexts (`VUID`, `NET_NS`,
 * …), which its own schema refuses when it loads them, also in 2.16.
 */
const TYPES_OF_ALL_VERSIONS: ReadonlyMap<string, string> = new Map([
  ['vpid', 'VPID'],
  ['vtid', 'VTID'],
  ['procname', 'PROCNAME'],
  ['pthread_id', 'PTHREAD_ID'],
  ['hostname', 'HOSTNAME'],
  ['ip', 'IP'],
]);

const PERF_FIELD_PREFIX = 'perf_thread_';

/** The element of a context; undefined for contexts that a version of LTTng lacks. */
export function contextElementOf(name: string): ContextElement | undefined {
  const type = TYPES_OF_ALL_VERSIONS.get(name);
  if (type !== undefined) return { type };
  if (name.startsWith(PERF_PREFIX)) return perfElementOf(name.slice(PERF_PREFIX.length));
  const app = /^\$app\.([^:]+):(.+)$/.exec(name);
  return app === null ? undefined : { app: { provider_name: app[1] as string, ctx_name: app[2] as string } };
}

/** The name of an element's context. */
export function contextNameOf(element: ContextElement): string {
  if ('type' in element) return element.type.toLowerCase();
  if ('app' in element) return `$app.${element.app.provider_name}:${element.app.ctx_name}`;
  const { type, config, name } = element.perf;
  const bare = name.startsWith(PERF_FIELD_PREFIX) ? name.slice(PERF_FIELD_PREFIX.length) : name;
  if (type === PERF_TYPE_RAW)
    return `${PERF_PREFIX}raw:r${config.toString(16)}:${bare.replace(/^raw_r[0-9a-f]+_/i, '')}`;
  const ours = bare.replaceAll('_', '-');
  return `${PERF_PREFIX}${perfCounterOf(ours) === undefined ? (perfCounterName({ type, config }) ?? ours) : ours}`;
}

function perfElementOf(name: string): ContextElement | undefined {
  const counter = perfCounterOf(name);
  if (counter === undefined) return undefined;
  return { perf: { ...counter, name: `${PERF_FIELD_PREFIX}${name.replace(/[-:]/g, '_')}` } };
}
