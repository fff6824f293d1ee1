import type { CapturedValue, TriggerAction, TriggerDefinition, TriggerReport } from '@ringtail/protocol';
import type { Owner } from '../model/owner.ts';
import { dueTimes, ExecutionLimit } from './actions/rate-policy.ts';
import type { OccurrenceDetails } from './conditions/condition-source.ts';

const COUNT_MAX = Number.MAX_SAFE_INTEGER;
const NOTHING: OccurrenceDetails = {};

/** The input of an action. */
export interface Firing {
  readonly trigger: Trigger;
  /** Executions that are due: more than one where several occurrences came at once. */
  readonly times: number;
  readonly report: TriggerReport;
}

/** An action that takes time. */
export interface Performance {
  /** Gives details for the reports of later actions. Rejects with the reason of a failure. */
  readonly done: Promise<OccurrenceDetails | undefined>;
  /** Whether the next action waits for it. */
  readonly inOrder: boolean;
}

/** Carries out an action, or begins to. @throws the reason of a failure */
export type Perform = (action: TriggerAction, firing: Firing) => Performance | undefined;

export interface TriggerOptions {
  readonly key: number;
  readonly owner: Owner;
  readonly definition: TriggerDefinition & { readonly name: string };
  readonly perform: Perform;
  readonly now: () => Date;
  /** A monotonic clock, for rate policies. */
  readonly nowMs: () => number;
  readonly onFailure: (trigger: Trigger, action: TriggerAction, why: string) => void;
}

export interface ActionState {
  readonly action: TriggerAction;
  /** Whether applications carry it out. */
  runsInApplication: boolean;
  /** Occurrences that the rate policy has counted. */
  occurrences: number;
  /** Occurrences since the last report. */
  unreported: number;
  due: number;
  readonly limit: ExecutionLimit;
  /** Whether it is being carried out. */
  busy: boolean;
  executions: number;
  failures: number;
  suppressed: number;
  lastFailure: string | null;
}

/**
 * Counts the occurrences of a trigger, and carries out the actions that are due, one after the other. Occurrences
 * during an action are counted, and share the next report. So a condition that holds all the time has one action of
 * each kind at a time.
 */
export class Trigger {
  readonly key: number;
  readonly owner: Owner;
  readonly definition: TriggerDefinition & { readonly name: string };
  readonly actions: readonly ActionState[];
  #occurrences = 0;
  #captures: readonly CapturedValue[] = [];
  #details: OccurrenceDetails = NOTHING;
  #running = false;
  #removed = false;
  readonly #options: TriggerOptions;

  constructor(options: TriggerOptions) {
    this.#options = options;
    this.key = options.key;
    this.owner = options.owner;
    this.definition = options.definition;
    this.actions = options.definition.actions.map((action) => ({
      action,
      runsInApplication: false,
      occurrences: 0,
      unreported: 0,
      due: 0,
      limit: new ExecutionLimit(action.ratePolicy, options.nowMs),
      busy: false,
      executions: 0,
      failures: 0,
      suppressed: 0,
      lastFailure: null,
    }));
  }

  /** Occurrences that the daemon has been notified of. */
  get occurrences(): number {
    return this.#occurrences;
  }

  /** Whether applications report its matches. */
  get isReported(): boolean {
    const { condition } = this.definition;
    return condition.kind === 'event-rule-matches' && this.actions.some(({ runsInApplication }) => !runsInApplication);
  }

  /** The condition held `count` times more. The first action that is due has begun when this returns. */
  occurred(count: number, captures: readonly CapturedValue[] = [], details: OccurrenceDetails = NOTHING): void {
    if (this.#removed || count <= 0) return;
    this.#occurrences = Math.min(this.#occurrences + count, COUNT_MAX);
    this.#captures = captures;
    this.#details = details;
    for (const state of this.actions) {
      if (state.runsInApplication) continue;
      state.due = Math.min(state.due + dueTimes(state.action.ratePolicy, state.occurrences, count), COUNT_MAX);
      state.occurrences = Math.min(state.occurrences + count, COUNT_MAX);
      state.unreported = Math.min(state.unreported + count, COUNT_MAX);
    }
    void this.#run();
  }

  /** No action begins any more; an action that has begun ends by itself. */
  remove(): void {
    this.#removed = true;
    this.#captures = [];
    this.#details = NOTHING;
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    let added = NOTHING;
    for (let begun = true; begun; ) {
      begun = false;
      for (const state of this.actions) {
        if (state.due === 0 || state.busy || this.#removed) continue;
        begun = true;
        const performance = this.#begin(state, added);
        if (performance !== undefined) added = { ...added, ...(await performance) };
      }
    }
    this.#running = false;
  }

  /** @returns a promise where the next action has to wait */
  #begin(state: ActionState, added: OccurrenceDetails): Promise<OccurrenceDetails | undefined> | undefined {
    // A report covers all its occurrences, and an increment adds one for each.
    const isOneByOne = state.action.kind === 'increment';
    const executions = state.limit.take(isOneByOne ? state.due : 1);
    const times = isOneByOne || executions === 0 ? executions : state.due;
    state.suppressed = Math.min(state.suppressed + state.due - times, COUNT_MAX);
    state.due = 0;
    if (executions === 0) return undefined;
    const firing: Firing = { trigger: this, times, report: this.#report(state, added) };
    state.unreported = 0;
    state.executions = Math.min(state.executions + executions, COUNT_MAX);
    try {
      const performance = this.#options.perform(state.action, firing);
      if (performance === undefined) return undefined;
      state.busy = true;
      const ended = performance.done
        .catch((error: unknown) => {
          this.#failed(state, executions, error);
          return undefined;
        })
        .finally(() => {
          state.busy = false;
        });
      if (performance.inOrder) return ended;
      void ended.then(() => this.#run());
    } catch (error) {
      this.#failed(state, executions, error);
    }
    return undefined;
  }

  #report({ unreported }: ActionState, added: OccurrenceDetails): TriggerReport {
    const { definition, owner, now } = this.#options;
    const { condition } = definition;
    const names = condition.kind === 'event-rule-matches' ? condition.captures : [];
    return {
      trigger: definition.name,
      uid: owner.uid,
      condition: condition.kind,
      at: now().toISOString(),
      occurrences: unreported,
      captures: Object.fromEntries(names.map((name, idx) => [name, this.#captures[idx] ?? null])),
      details: { ...this.#details, ...added },
    };
  }

  #failed(state: ActionState, executions: number, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    state.failures = Math.min(state.failures + executions, COUNT_MAX);
    state.limit.failed(executions);
    // A trigger that fails a hundred times a second for the same reason is one line in the log.
    if (state.lastFailure !== why) this.#options.onFailure(this, state.action, why);
    state.lastFailure = why;
  }
}
