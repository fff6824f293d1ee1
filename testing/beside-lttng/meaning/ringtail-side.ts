import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SessionDaemonClient } from '@ringtail/ctl';
import type { Notification } from '@ringtail/protocol';
import { startRingtail } from '../tools.ts';
import { LineProcess } from './line-process.ts';
import { type Side, succeed, type Told } from './side.ts';
import { actionWords, type Condition } from './triggers.ts';

const EMITTER = fileURLToPath(new URL('emitter.mjs', import.meta.url));

/** Ringtail with a Node.js program, and a client of the control library. */
export async function startRingtailSide(directory: string): Promise<Side> {
  const tool = startRingtail(directory);
  const told: Told[] = [];
  const program = new LineProcess([process.execPath, EMITTER], tool.surroundings);
  await program.says();
  const client = await SessionDaemonClient.connect({ runDirectory: join(directory, 'run') });
  const reading = read(await client.notifications(), told);
  const side: Side = {
    tool,
    name: 'ringtail',
    destroysFirst: false,
    pid: program.pid,
    told,
    emit: async (event, n) => void (await program.ask(`${event} ${n}`)),
    addTrigger: ({ name, condition, actions }) =>
      succeed(side, `add-trigger --name=${name} ${conditionWords(condition)} ${actionWords(actions)}`),
    removeTrigger: (name) => succeed(side, `remove-trigger ${name}`),
    async failures(name) {
      const trigger = (await client.request('list-triggers', {})).find((one) => one.name === name);
      return trigger?.actionStatistics.map(({ failures }) => failures) ?? [];
    },
    async end() {
      client.close();
      await reading;
      await program.end();
      await tool.end();
    },
  };
  return side;
}

async function read(notifications: AsyncIterable<Notification>, told: Told[]): Promise<void> {
  for await (const notification of notifications) {
    if (notification.kind !== 'trigger-fired') continue;
    const { trigger, occurrences, captures, details } = notification.report;
    const bytes = details.usedBytes ?? details.bytes;
    told.push({
      trigger,
      occurrences,
      captures: Object.values(captures),
      ...(typeof bytes === 'number' && { bytes }),
      ...(typeof details.archive === 'string' && { archive: details.archive }),
    });
  }
}

function conditionWords(condition: Condition): string {
  switch (condition.kind) {
    case 'event-rule-matches':
      return `--condition=${condition.kind} ${condition.words}`;
    case 'usage-high':
    case 'usage-low': {
      const { kind, session, channel, threshold } = condition;
      const type = kind === 'usage-high' ? 'channel-buffer-usage-ge' : 'channel-buffer-usage-le';
      const option = threshold.includes('.') ? 'threshold-ratio' : 'threshold-size';
      return `--condition=${type} --session=${session} --channel=${channel} --domain=user --${option}=${threshold}`;
    }
    case 'consumed-size':
      return `--condition=session-consumed-size-ge --session=${condition.session} --threshold-size=${condition.bytes}`;
    case 'rotation-ongoing':
      return `--condition=session-rotation-starts --session=${condition.session}`;
    case 'rotation-completed':
      return `--condition=session-rotation-finishes --session=${condition.session}`;
  }
}
