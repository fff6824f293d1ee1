import type { NamedFieldSpec } from '@ringtail/ctf';

/**
 * The source of one context field in this thread.
 *
 * Recorders read it for every recorded event, before they reserve memory; filters read it where they name it. Its value
 * is converted like an argument of a tracepoint, by `field.spec`. If it throws, the event counts as failed in every
 * channel that wanted it.
 */
export interface ContextSource {
  /** The field of the event's context, as the metadata describes it. */
  readonly field: NamedFieldSpec;
  /** Reads the current value. May run code of the application: a tracepoint that is hit meanwhile counts as nested. */
  read(): unknown;
  /**
   * The same as source text, for compiled recorders that cannot afford a call. `constants` has every name in the
   * expression. One function may contain several sources, so a name stands for the same value in all of them.
   */
  readonly inline?: { readonly expression: string; readonly constants: Readonly<Record<string, unknown>> };
}

/**
 * Finds the source of a context field by its name in `DesiredChannel.contexts` and in filters: `cpu_id`, `vpid`,
 * `$app.PROVIDER:NAME`. A name gives the same object as long as the thread lives, so that recorders see which fields
 * they share.
 *
 * @returns undefined if this thread does not have it: filters treat it as a missing field
 */
export type ContextLookup = (name: string) => ContextSource | undefined;
