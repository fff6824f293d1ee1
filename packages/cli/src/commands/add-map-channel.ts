import { MAP_KEYS_MAX, MAP_VALUE_TYPES, type MapChannelParameters, type MapValueType } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { readOptionsAsArgpar } from '../options/argpar.ts';
import { addSessionOption, outputFormatOf } from '../options/common-options.ts';
import { parseCount } from '../options/quantity-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { onSession } from '../session/on-session.ts';
import { mapDomain } from '../triggers/map-domain.ts';

interface AddMapOptions {
  readonly session?: string;
  readonly type?: string;
  readonly valueType: MapValueType;
  readonly maxKeyCount: string;
  readonly updatePolicy: 'per-event' | 'per-rule-match';
  readonly bufferOwnership: 'user' | 'process';
  readonly deadProcessPolicy?: 'drop' | 'sum-into-shared';
}

/** LTTng's default. */
const DEFAULT_KEYS = '4096';

export function addAddMapChannel(program: Command, context: Context, act: Act): Command {
  const command = addSessionOption(
    program
      .command('add-map-channel')
      .description('add a map, counters by key, to a session; triggers with incr-map-value count into it')
      .argument('[channel]', 'name (default: the first free one of channel0, channel1, …)'),
  )
    .option('-t, --type <type>', 'user: Node.js programs')
    .addOption(
      new Option('--value-type <type>', 'type of the counters, which wrap')
        .choices(MAP_VALUE_TYPES)
        .default('signed-int-max'),
    )
    .option(
      '--max-key-count <count>',
      `largest number of keys, at most ${MAP_KEYS_MAX}; further keys are not counted`,
      DEFAULT_KEYS,
    )
    .addOption(
      new Option(
        '--update-policy <policy>',
        'whether an event that several triggers count under one key adds one, or one for each trigger',
      )
        .choices(['per-event', 'per-rule-match'])
        .default('per-event'),
    )
    .addOption(
      new Option('--buffer-ownership <owner>', 'one set of counters for each user, or for each process')
        .choices(['user', 'process'])
        .default('user'),
    )
    .addOption(
      new Option(
        '--dead-process-policy <policy>',
        'with --buffer-ownership=process: counters of an ended process are dropped or summed (default: "sum-into-shared")',
      ).choices(['drop', 'sum-into-shared']),
    )
    .addHelpText(
      'after',
      `
Examples:
  ringtail add-map-channel -t user -s s orders
  ringtail add-trigger --condition=event-rule-matches --type=user --name='shop:*' \\
      --action=incr-map-value --session=s --channel=orders --key='{event_name}'
  ringtail show-maps -s s

  ringtail add-map-channel -t user --buffer-ownership=process --dead-process-policy=drop per-worker`,
    );
  readOptionsAsArgpar(command);
  act(command, async (name: string | undefined, options: AddMapOptions) => {
    if (options.type === undefined) {
      throw new CliError('BAD_ARGUMENT', 'Missing mandatory `--type` option', 'for Node.js programs: --type=user');
    }
    const domain = mapDomain(options.type);
    if (options.deadProcessPolicy !== undefined && options.bufferOwnership !== 'process') {
      throw new CliError(
        'BAD_ARGUMENT',
        'The `--dead-process-policy` option only applies with `--buffer-ownership=process`',
        'counters of users stay when their processes end',
      );
    }
    const parameters: MapChannelParameters = {
      name: name ?? null,
      valueType: options.valueType,
      keyCountMax: parseCount('--max-key-count', options.maxKeyCount, 1, MAP_KEYS_MAX),
      updatePolicy: options.updatePolicy,
      ownership: options.bufferOwnership,
      deadProcesses: options.deadProcessPolicy === 'drop' ? 'drop' : 'sum',
    };
    const { session, map } = await onSession(context, options.session, async (client, one) => ({
      session: one,
      map: { ...parameters, name: await client.addMap(one, parameters, domain) },
    }));
    report(
      context,
      outputFormatOf(command),
      { command: 'add-map-channel', session, map },
      () => `Map channel \`${map.name}\` added to recording session \`${session}\`.`,
    );
    return undefined;
  });
  return command;
}
