import type { EventSpec, FieldSpec } from '@ringtail/ctf';
import { LogLevels } from '@ringtail/protocol';
import type { Site } from '../recorder/tracepoint-function.ts';

const U32: FieldSpec = { kind: 'integer', signed: false, bits: 32, base: 10 };
const U64: FieldSpec = { kind: 'integer', signed: false, bits: 64, base: 10 };
const STRING: FieldSpec = { kind: 'string' };

const STATEDUMP_PROVIDER = 'ringtail_statedump';

/**
 * A site without a tracepoint function: a statedump makes its own recorders. Rules, listings and declarations handle it
 * as any site.
 */
function site(name: string, fields: Readonly<Record<string, FieldSpec>>): Site {
  const event: EventSpec = {
    name: `${STATEDUMP_PROVIDER}:${name}`,
    logLevel: LogLevels.debug_line,
    fields: Object.entries(fields).map(([field, spec]) => ({ name: field, spec })),
  };
  return { event, off: 0, on: -1, record: () => {} };
}

/** The recorded figures of `v8.getHeapStatistics()`. */
export const HEAP_FIGURES = [
  'total_heap_size',
  'total_heap_size_executable',
  'total_physical_size',
  'total_available_size',
  'used_heap_size',
  'heap_size_limit',
  'malloced_memory',
  'peak_malloced_memory',
  'external_memory',
  'number_of_native_contexts',
  'number_of_detached_contexts',
] as const;

export const STATEDUMP_SITES = {
  start: site('start', {}),
  process: site('process', {
    pid: U32,
    ppid: U32,
    uid: U32,
    gid: U32,
    cwd: STRING,
    argv: { kind: 'sequence', element: STRING },
    exec_path: STRING,
    node_version: STRING,
  }),
  heap: site('heap', Object.fromEntries(HEAP_FIGURES.map((name) => [name, U64]))),
  provider: site('provider', { name: STRING, tracepoints: U32 }),
  module: site('module', { name: STRING, version: STRING, path: STRING }),
  handle: site('handle', { type: STRING, count: U32 }),
  /** `modules_left_out`: files of packages beyond the limit. */
  end: site('end', { modules_left_out: U32 }),
} as const;

export const STATEDUMP_SITE_LIST: readonly Site[] = Object.values(STATEDUMP_SITES);
