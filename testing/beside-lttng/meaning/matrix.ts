import type { ConditionRow } from './conditions.ts';
import { activeSessions, archivesOf, snapshotsOf } from './session-state.ts';
import { type Side, succeed, toldOf, until } from './side.ts';
import type { Action } from './triggers.ts';

/** Number of times that a condition is made to hold. */
const STEPS = 4;

/** An action with a rate policy. */
export interface Cell {
  readonly title: string;
  readonly action: Action;
  /** Steps at which it has to run. */
  readonly due: readonly number[];
}

const POLICIES = [
  { title: 'each time', due: [1, 2, 3, 4] },
  { title: 'every:2', policy: 'every:2', due: [2, 4] },
  { title: 'once-after:3', policy: 'once-after:3', due: [3] },
];
const KINDS = ['notify', 'start-session', 'stop-session', 'rotate-session', 'snapshot-session'] as const;

/** Every action with every rate policy. */
export const CELLS: readonly Cell[] = KINDS.flatMap((kind) =>
  POLICIES.map(({ title, policy, due }, at) => ({
    title: `${kind}, ${title}`,
    action: { kind, ...(policy !== undefined && { policy }), ...(kind !== 'notify' && { session: `${kind}-${at}` }) },
    due,
  })),
);

export interface CellOutcome {
  /** Steps at which the action ran. */
  readonly steps: readonly number[];
  /** Failures of the action, as counted by the tool. */
  readonly failures: number;
}

/** Makes a session for the action of each cell. */
export async function createTargets(side: Side): Promise<void> {
  for (const { action } of CELLS) {
    const { kind, session } = action;
    if (session === undefined) continue;
    await succeed(
      side,
      `create ${session} ${kind === 'snapshot-session' ? '--snapshot ' : ''}-o OUT/${session}`,
      `enable-channel -s ${session} -u c --subbuf-size=16k --num-subbuf=2`,
      `enable-event -s ${session} -u -c c meaning:step`,
      ...(kind === 'start-session' ? [] : [`start ${session}`]),
    );
  }
}

/** Makes the condition hold four times and returns the effect of each cell, in their order. */
export async function playMatrix(side: Side, row: ConditionRow): Promise<readonly CellOutcome[]> {
  const watched: WatchedCell[] = [];
  try {
    await row.prepare(side);
    for (const [at, cell] of CELLS.entries()) {
      const one = new WatchedCell(side, cell, `${row.condition.kind}-${at}`);
      // The second action shows that the first is done, since actions run in order.
      const actions = [cell.action, { kind: 'notify' }] as const;
      await side.addTrigger({ name: one.name, condition: row.condition, actions });
      watched.push(one);
    }
    for (let step = 1; step <= STEPS; step++) {
      await row.hold(side, step, () => watched.some((one) => one.isDone(step)));
      await until(() => watched.every((one) => one.isDone(step)));
      const active = await activeSessions(side);
      for (const one of watched) await one.look(step, active);
    }
    const outcomes: CellOutcome[] = [];
    for (const { name, steps } of watched) outcomes.push({ steps, failures: (await side.failures(name))[0] ?? 0 });
    return outcomes;
  } finally {
    if (side.destroysFirst) await row.clean(side);
    for (const { name } of watched) await side.removeTrigger(name);
    if (!side.destroysFirst) await row.clean(side);
  }
}

/** Observes the effects of a cell's action, step by step. */
class WatchedCell {
  readonly name: string;
  readonly steps: number[] = [];
  readonly #side: Side;
  readonly #cell: Cell;
  readonly #toldBefore: number;
  readonly #writtenBefore: number;

  constructor(side: Side, cell: Cell, name: string) {
    this.name = name;
    this.#side = side;
    this.#cell = cell;
    this.#toldBefore = toldOf(side, name);
    this.#writtenBefore = this.#written();
  }

  isDone(step: number): boolean {
    return this.#told() >= step + (this.#cell.action.kind === 'notify' ? this.#dueBy(step) : 0);
  }

  /** Notes whether the action ran in this step, and undoes its effect on the session. */
  async look(step: number, active: ReadonlySet<string>): Promise<void> {
    if (!(await this.#isCarriedOut(step, active))) return;
    this.steps.push(step);
    const { kind, session } = this.#cell.action;
    if (kind === 'start-session') await succeed(this.#side, `stop ${session}`);
    if (kind === 'stop-session') await succeed(this.#side, `start ${session}`);
  }

  async #isCarriedOut(step: number, active: ReadonlySet<string>): Promise<boolean> {
    const { kind, session = '' } = this.#cell.action;
    switch (kind) {
      case 'notify':
        return this.#told() > step + this.steps.length;
      case 'start-session':
        return active.has(session);
      case 'stop-session':
        return !active.has(session);
      default:
        // In lttng a rotation ends some time after its action.
        await until(() => this.#written() - this.#writtenBefore >= this.#dueBy(step));
        return this.#written() - this.#writtenBefore > this.steps.length;
    }
  }

  #told(): number {
    return toldOf(this.#side, this.name) - this.#toldBefore;
  }

  #dueBy(step: number): number {
    return this.#cell.due.filter((due) => due <= step).length;
  }

  #written(): number {
    const { kind, session = '' } = this.#cell.action;
    if (kind === 'rotate-session') return archivesOf(this.#side, session).length;
    return kind === 'snapshot-session' ? snapshotsOf(this.#side, session).length : 0;
  }
}
