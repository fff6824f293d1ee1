/** Triggers as a row has them, before either tool's words. */
export type Condition =
  | { readonly kind: 'event-rule-matches'; readonly words: string }
  | {
      readonly kind: 'usage-high' | 'usage-low';
      readonly session: string;
      readonly channel: string;
      /** Bytes, or with a point a part of the ring. */
      readonly threshold: string;
    }
  | { readonly kind: 'consumed-size'; readonly session: string; readonly bytes: number }
  | { readonly kind: 'rotation-ongoing' | 'rotation-completed'; readonly session: string };

export interface Action {
  readonly kind: 'notify' | 'start-session' | 'stop-session' | 'rotate-session' | 'snapshot-session';
  readonly session?: string;
  /** `every:N`, `once-after:N`; absent: each time. */
  readonly policy?: string;
  /** More words, of `snapshot-session`. */
  readonly options?: string;
}

/** The trigger of a row. */
export interface Trigger {
  readonly name: string;
  readonly condition: Condition;
  /** The last one is `notify`. */
  readonly actions: readonly Action[];
}

/** The actions as command lines of either tool have them. */
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
