import { type Side, succeed, toldOf, until } from './side.ts';
import {
  createSubject,
  destroySubject,
  drainSubject,
  FILLING_BYTES,
  FILLING_MS_MAX,
  fillSubject,
  insist,
  SUBJECT,
} from './subject.ts';
import type { Condition } from './triggers.ts';

/** A condition that the test can make hold repeatedly. */
export interface ConditionRow {
  readonly title: string;
  readonly condition: Condition;
  /** Set-up before triggers are added. */
  readonly prepare: (side: Side) => Promise<void>;
  /** Makes the condition hold once more; `step` counts from 1. `holds` returns whether it has. */
  readonly hold: (side: Side, step: number, holds: () => boolean) => Promise<void>;
  readonly clean: (side: Side) => Promise<void>;
}

const HIGH: Condition = { kind: 'usage-high', ...SUBJECT, threshold: '16384' };
const LOW: Condition = { kind: 'usage-low', ...SUBJECT, threshold: '1024' };
/** The opposite condition, which has to hold before the condition can hold again. */
const EMPTY = 'is-empty';
const FULL = 'is-full';

export const CONDITION_ROWS: readonly ConditionRow[] = [
  {
    title: 'event-rule-matches',
    condition: { kind: 'event-rule-matches', words: '--type=user --name=meaning:step' },
    prepare: async () => {},
    hold: (side, step) => side.emit('step', step),
    clean: async () => {},
  },
  {
    title: 'channel buffer usage high',
    condition: HIGH,
    prepare: async (side) => {
      await addHelper(side, EMPTY, LOW);
      await createSubject(side);
      await until(() => toldOf(side, EMPTY) > 0);
    },
    hold: async (side, step, holds) => {
      const empty = toldOf(side, EMPTY);
      if (step > 1) {
        await drainSubject(side);
        await until(() => toldOf(side, EMPTY) > empty, FILLING_MS_MAX);
      }
      await fillSubject(side, holds);
    },
    clean: (side) => cleanUsage(side, EMPTY),
  },
  {
    title: 'channel buffer usage low',
    condition: LOW,
    prepare: (side) => addHelper(side, FULL, HIGH),
    hold: async (side, step, holds) => {
      // A new channel is empty.
      if (step === 1) return createSubject(side);
      await insist(async () => {
        const full = toldOf(side, FULL);
        await fillSubject(side, () => toldOf(side, FULL) > full);
        await drainSubject(side);
      }, holds);
    },
    clean: (side) => cleanUsage(side, FULL),
  },
  {
    title: 'session consumed size',
    condition: { kind: 'consumed-size', session: SUBJECT.session, bytes: FILLING_BYTES / 2 },
    prepare: async () => {},
    // Once for each session with the name.
    hold: async (side, step) => {
      if (step > 1) await destroySubject(side);
      await createSubject(side, '--subbuf-size=16k --num-subbuf=8');
      await side.emit('filling', FILLING_BYTES * 2);
    },
    clean: destroySubject,
  },
  ...(['rotation-ongoing', 'rotation-completed'] as const).map(
    (kind): ConditionRow => ({
      title: `session ${kind.replace('-', ' ')}`,
      condition: { kind, session: SUBJECT.session },
      prepare: (side) => createSubject(side),
      hold: (side) => succeed(side, 'rotate subject'),
      clean: destroySubject,
    }),
  ),
];

async function addHelper(side: Side, name: string, condition: Condition): Promise<void> {
  await side.addTrigger({ name, condition, actions: [{ kind: 'notify' }] });
}

async function cleanUsage(side: Side, helper: string): Promise<void> {
  await side.removeTrigger(helper);
  await destroySubject(side);
}
