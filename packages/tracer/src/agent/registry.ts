import type { EventSpec } from '@ringtail/ctf';
import { installGuard } from '../guard/guard.ts';
import { ThreadAgent } from './thread-agent.ts';

/**
 * What several copies of the tracer in one JavaScript thread share: the first one loaded serves all.
 *
 * Its shape is an interface between versions of Ringtail: it may grow under this symbol, or change under another.
 */
export interface ThreadRegistry {
  readonly version: string;
  /** Declares an event and returns its tracepoint function. */
  declare(spec: EventSpec): unknown;
  /** Takes back tracepoints: they do nothing any more, and no list has them. Absent in the first versions. */
  withdraw?(tracepoints: readonly unknown[]): void;
  /** Defines `$app.PROVIDER:NAME`. Absent in the first versions. */
  context?(provider: string, name: string, read: () => unknown): void;
  /** Why nothing can be recorded in this thread, or undefined. */
  readonly inoperative: string | undefined;
}

const REGISTRY = Symbol.for('ringtail.thread-registry.1');

/** The registry of this thread, made (and registered with the daemons) at the first call. */
export function threadRegistry(version: string): ThreadRegistry {
  const holder = globalThis as { [REGISTRY]?: ThreadRegistry };
  const existing = holder[REGISTRY];
  if (existing !== undefined) return existing;
  const agent = ThreadAgent.start(version);
  if (process.env.RINGTAIL_GUARD === '1') installGuard(agent);
  const registry: ThreadRegistry = {
    version,
    declare: (spec) => agent.declare(spec),
    withdraw: (tracepoints) => agent.withdraw(tracepoints),
    context: (provider, name, read) => agent.defineContext(provider, name, read),
    get inoperative() {
      return agent.inoperative;
    },
  };
  Object.defineProperty(globalThis, REGISTRY, { value: registry });
  return registry;
}
