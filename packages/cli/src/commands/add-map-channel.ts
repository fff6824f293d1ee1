import type { MapChannelAttributes } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import type { Act } from '../cli.ts';
import { type Context, report, warn } from '../context.ts';
import { CliError } from '../errors.ts';
import { addSessionOption, outputFormatOf } from '../options.ts';
import { parseCount } from '../quantity-options.ts';
import { onSession } from '../session-command.ts';
import { requireUserMap } from '../triggers/action-specs.ts';

interface AddMapOptions {
  readonly session?: string;
  readonly type?: string;
  readonly valueType: 'signed-int-32' | 'signed-int-64' | 'signed-int-max';
  readonly maxKeyCount: string;
  readonly updatePolicy: 'per-event' | 'per-rule-match';
  readonly bufferOwnership?: 'user' | 'process';
  readonly deadProcessPolicy: 'drop' | 'sum-into-shared';
}

const DEFAULT_NAME = 'map0';
/** LTTng's. */
const DEFAULT_KEYS = '4096';

export function addAddMapChannel(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    program
      .command('add-map-channel')
      .description('add a map, counters by key, to a session; triggers with incr-map-value count into it')
      .argument('[channel]', `name (default: ${DEFAULT_NAME})`),
  )
    .option('-t, --type <type>', 'user: Node.js programs')
    .addOption(
      new Option('--value-type <type>', 'what a counter is; it wraps')
        .choices(['signed-int-32', 'signed-int-64', 'signed-int-max'])
        .default('signed-int-max'),
    )
    .option('--max-key-count <count>', 'keys of a process beyond so many are not counted', DEFAULT_KEYS)
    .addOption(
      new Option(
        '--update-policy <policy>',
        'an event adds one for each trigger that takes it; per-event has no effect',
      )
        .choices(['per-event', 'per-rule-match'])
        .default('per-rule-match'),
    )
    .addOption(new Option('--buffer-ownership <owner>', 'counters are of processes').choices(['user', 'process']))
    .addOption(
      new Option('--dead-process-policy <policy>', 'what becomes of counters of a process that has ended')
        .choices(['drop', 'sum-into-shared'])
        .default('sum-into-shared'),
    )
    .addHelpText(
      'after',
      `
Examples:
  ringtail add-map-channel -t user orders
  ringtail add-trigger --condition=event-rule-matches --type=user --name='shop:*' \\
      --action=incr-map-value --session=s --channel=orders --key='{event_name}'
  ringtail show-maps`,
    );
  act(command, async (name: string = DEFAULT_NAME, options: AddMapOptions) => {
    if (options.type === undefined) {
      throw new CliError('BAD_ARGUMENT', 'Missing mandatory `--type` option', 'for Node.js programs: --type=user');
    }
    requireUserMap(options.type);
    if (options.updatePolicy === 'per-event') {
      warn(context, '--update-policy=per-event has no effect: every trigger that takes an event counts it');
    }
    if (options.bufferOwnership === 'user') {
      warn(context, '--buffer-ownership=user has no effect: show-maps --per=channel adds up the counters of processes');
    }
    const map: MapChannelAttributes = {
      name,
      valueBits: options.valueType === 'signed-int-32' ? 32 : 64,
      keyCountMax: parseCount('--max-key-count', options.maxKeyCount, 1),
      deadProcesses: options.deadProcessPolicy === 'drop' ? 'drop' : 'sum',
    };
    const session = await onSession(context, options.session, async (client, one) => {
      await client.addMap(one, map);
      return one;
    });
    report(
      context,
      outputFormatOf(command),
      { command: 'add-map-channel', session, map },
      () => `Map channel \`${name}\` added to recording session \`${session}\`.`,
    );
    return undefined;
  });
  return command;
}
