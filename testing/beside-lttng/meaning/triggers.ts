/** Triggers in a form that does not depend on the tool. */
export type Condition =
  | { readonly kind: 'event-rule-matches'; readonly words: string }
  | {
      readonly kind: 'usage-high' | 'usage-low';
      readonly session: string;
      readonly channel: string;
      /** Bytes, or a ratio if it has a point. */
      readonly threshold: string;
    }
  | { readonly kind: 'consumed-size'; readonly session: string; readonly bytes: number }
  | { readonly kind: 'rotation-ongoing' | 'rotation-completed'; readonly session: string };

export interface Action {
  readonly kind: 'notify' | 'start-session' | 'stop-session' | 'rotate-session' | 'snapshot-session';
  readonly session?: string;
  /** `every:N`, `once-after:N`; default: each time. */
  readonly policy?: string;
  /** Further words, for `snapshot-session`. */
  readonly options?: string;
}

/** The trigger of a row. */
export interface Trigger {
  readonly name: string;
  readonly condition: Condition;
  /** The last one is `notify`. */
  readonly actions: readonly Action[];
}

/** The actions in words of the command line. */
export function actionWords(actions: readonly Action[]): string {
  return actions
    .flatMap(({ kind, session, policy, options }) => [
      `--action=${kind}`,
      ...(session === undefined ? [] : [session]),
      ...(options === undefined ? [] : [options]),
      ...(policy === undefined ? [] : [`--rate-policy=${policy}`]),
    ])
    .join(' ');
}
