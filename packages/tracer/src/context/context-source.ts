import type { NamedFieldSpec } from '@ringtail/ctf';

/**
 * Where the value of one context field comes from in this thread.
 *
 * Values are read for every event that is recorded, before anything is reserved, and for filters that ask for them.
 * What a source answers is converted as an argument of a tracepoint would be: `field.spec` says how. One that throws makes the
 * event count as failed in every channel that wanted it.
 */
export interface ContextSource {
  /** As the field stands in the event's context, in the metadata too. */
  readonly field: NamedFieldSpec;
  /** The value now. May run code of the application: a tracepoint hit meanwhile counts as nested. */
  read(): unknown;
  /**
   * The same as source text for compiled recorders, where a call would cost too much. Everything the expression names
   * is in `constants`; several sources land in one function, so equal names have to mean the same value in all of them.
   */
  readonly inline?: { readonly expression: string; readonly constants: Readonly<Record<string, unknown>> };
}

/**
 * Finds the source of a context field by the name that `DesiredChannel.contexts` and filters use: `cpu_id`, `vpid`,
 * `$app.PROVIDER:NAME`. The same name gives the same object as long as the thread lives, so that recorders can tell which fields they share.
 *
 * @returns undefined where this thread does not have it: filters take it for a missing field
 */
export type ContextLookup = (name: string) => ContextSource | undefined;
