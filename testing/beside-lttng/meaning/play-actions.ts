import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionOutcome, ActionRow } from './action-rows.ts';
import { activeSessions, archivesOf, snapshotsOf } from './session-state.ts';
import { type Side, succeed, toldOf, until } from './side.ts';

const NAME = 'actions';
/** Names that the rows create in the directory of a tool. */
const PLACES = ['s', 't', 'elsewhere'];

/** Resulting state of sessions. Waits for the number of written directories in `expected`. */
export async function playActions(side: Side, row: ActionRow, expected: ActionOutcome): Promise<ActionOutcome> {
  try {
    await succeed(side, ...row.setUp);
    const failures = await setOff(side, row);
    // In lttng a rotation ends some time after its action.
    await until(() => writtenBy(side).length >= expected.written.length);
    return { active: [...(await activeSessions(side))].sort(), written: writtenBy(side), failures };
  } finally {
    await side.tool.run('destroy --all');
    for (const place of PLACES) rmSync(join(side.tool.directory, place), { recursive: true, force: true });
  }
}

/** @returns the number of failures of each action */
async function setOff(side: Side, { actions, events = 1 }: ActionRow): Promise<readonly number[]> {
  const before = toldOf(side, NAME);
  const condition = { kind: 'event-rule-matches', words: '--type=user --name=meaning:step' } as const;
  // The last action shows that the others are done, since actions run in order.
  await side.addTrigger({ name: NAME, condition, actions: [...actions, { kind: 'notify' }] });
  try {
    for (let event = 1; event <= events; event++) {
      await side.emit('step', event);
      await until(() => toldOf(side, NAME) >= before + event);
    }
    return (await side.failures(NAME)).slice(0, actions.length);
  } finally {
    await side.removeTrigger(NAME);
  }
}

function writtenBy(side: Side): string[] {
  return PLACES.flatMap((place) => [
    ...snapshotsOf(side, place).map((name) => `${place}/${name}`),
    ...archivesOf(side, place).map((name) => `${place}/archives/${name}`),
  ]);
}
