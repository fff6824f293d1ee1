import { XMLParser } from 'fast-xml-parser';
import { type Side, toldOf, until } from './side.ts';

const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true });
const NAME = 'listed';
const EVENTS = 4;

/** A trigger with failing actions, in the machine interface of `list-triggers` after some events. */
export async function listedAfterFailures(side: Side): Promise<unknown> {
  await side.addTrigger({
    name: NAME,
    condition: { kind: 'event-rule-matches', words: '--type=user --name=meaning:step --capture=n' },
    actions: [
      { kind: 'start-session', session: 'nosuch' },
      { kind: 'snapshot-session', session: 'nosuch', policy: 'every:3' },
      { kind: 'notify' },
    ],
  });
  for (let event = 1; event <= EVENTS; event++) {
    await side.emit('step', event);
    await until(() => toldOf(side, NAME) >= event);
  }
  const { stdout } = await side.tool.run('--mi=xml list-triggers');
  await side.removeTrigger(NAME);
  const { owner_uid: _, ...trigger } = parser.parse(stdout).command.output.triggers.trigger;
  // Descriptions of counters are not compared.
  return JSON.parse(JSON.stringify(trigger), (key, value) => (key === 'description' ? undefined : value));
}

/** The counts of failed actions in the listing. */
export function failuresIn(trigger: unknown): unknown[] {
  return [...JSON.stringify(trigger).matchAll(/"total execution failures".*?"value":"(\d+)"/g)].map(
    ([, value]) => value,
  );
}
