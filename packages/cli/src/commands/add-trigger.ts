import { EXIT_CAUSES } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { exitAsArgpar } from '../options/argpar.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import { ACTION_SPECS } from '../triggers/action-specs.ts';
import { CONDITION_SPECS } from '../triggers/condition-specs.ts';
import { freshDescription } from '../triggers/describe-triggers.ts';
import { parseTrigger } from '../triggers/parse-trigger.ts';
import { triggerStep } from '../triggers/trigger-step.ts';

/**
 * All options with their help. `parseTrigger` assigns each to a condition, an action or the trigger by its position.
 */
const OPTIONS: readonly (readonly [flags: string, what: string, choices?: readonly string[]])[] = [
  ['--name <name>', 'name of the trigger; after a condition, of events; after snapshot-session, of the snapshot'],
  ['--owner-uid <user>', 'owner of the trigger; for root only'],
  ['--condition <type>', 'condition of the trigger; its options follow', Object.keys(CONDITION_SPECS)],
  [
    '--action <type>',
    'action of the trigger; its options follow; repeatable, carried out in this order',
    Object.keys(ACTION_SPECS),
  ],
  [
    '--rate-policy <policy>',
    'rate policy of an action: every:COUNT, once-after:COUNT or at-most:COUNT/PERIOD (default: every:1)',
  ],
  ['-t, --type <type>', 'type of events', ['user', 'user:tracepoint']],
  ['-x, --exclude-name <name>', 'excluded events, by name with * anywhere; repeatable'],
  [
    '-l, --log-level <level>',
    'log level of events: LEVEL, at least as severe (LEVEL..), any (..), or a range (err..info)',
  ],
  ['-f, --filter <expression>', "condition on events, in LTTng's filter language"],
  ['--capture <field>', 'captured value: NAME, NAME[INDEX], $ctx.NAME or $app.PROVIDER:NAME; repeatable'],
  ['-s, --session <session>', 'session of the condition, or of the map of incr-map-value'],
  ['-c, --channel <channel>', 'channel of the condition; map of incr-map-value'],
  ['-d, --domain <domain>', 'domain of the channel: user'],
  ['-u, --userspace', 'the same as --domain=user'],
  ['--threshold-ratio <ratio>', 'fill level as part of a ring, from 0 to 1'],
  ['--threshold-size <size>', 'size in bytes, with k, M or G'],
  ['-p, --procname <name>', 'name of programs or titles of processes, with * anywhere (default: all)'],
  ['--cause <cause>', 'cause of an exit; repeatable (default: all)', EXIT_CAUSES],
  ['-r, --rate <number>', 'number of events per second'],
  ['-P, --period <period>', 'duration in microseconds, or with us, ms, s, m or h'],
  ['-m, --max-size <size>', 'largest size of a snapshot, which gets the newest packets; with k, M or G'],
  ['--path <dir>', 'parent directory of the snapshot'],
  ['--url <url>', 'the same as file:///DIR'],
  ['-k, --key <template>', 'key of the counter: a text with {event_name} and {provider_name} of the event'],
  ['--command <line>', 'command line for the shell, instead of words after --'],
  ['--timeout <period>', 'time limit of exec, and of each attempt of a webhook (default: 10s)'],
  ['--attempts <count>', 'number of attempts of a webhook (default: 5)'],
  ['-H, --header <header>', "header of a webhook's posts: 'NAME: VALUE'; repeatable"],
  ['--token-file <file>', 'private file of the owner with a token, which posts carry: Authorization: Bearer TOKEN'],
];

export function addAddTrigger(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('add-trigger')
    .description('add a trigger: a condition, and actions that are carried out when it holds')
    .usage('[--name=NAME] --condition=TYPE [OPTIONS] --action=TYPE [OPTIONS] [--action=TYPE [OPTIONS]]…')
    .argument('[words...]', 'session of an action, URL of a webhook; after --: the program of exec and its arguments')
    .allowUnknownOption()
    .allowExcessArguments();
  exitAsArgpar(command);
  for (const [flags, what, choices] of OPTIONS) {
    // These are shown in the help and completed; `parseTrigger` refuses unknown options, with their position.
    const option = new Option(flags, what);
    command.addOption(choices === undefined ? option : Object.assign(option, { argChoices: [...choices] }));
  }
  command.addHelpText(
    'after',
    `
Conditions:
  event-rule-matches --type=user [--name] [--exclude-name]… [--log-level] [--filter] [--capture]…
  channel-buffer-usage-ge, channel-buffer-usage-le
                            --session --channel --domain=user (--threshold-ratio | --threshold-size)
  session-consumed-size-ge  --session --threshold-size
  session-rotation-starts, session-rotation-finishes
                            --session
  session-trouble           --session
  application-exited        [--procname] [--cause]…
  event-rate-above          [--name] [--exclude-name]… [--log-level] [--filter] --rate
  no-event-for              [--name] [--exclude-name]… [--log-level] [--filter] --period
  event-loop-stalled        [--procname] --period

Actions, each with [--rate-policy]:
  notify
  start-session SESSION, stop-session SESSION, rotate-session SESSION
  snapshot-session SESSION  [--name] [--max-size] [--path | --url]
  incr-map-value            --session --channel --key
  exec                      [--timeout] (--command | -- PROGRAM [ARGUMENTS…])
  webhook URL               [--timeout] [--attempts] [--header]… [--token-file]

Examples:
  ringtail add-trigger --condition=event-rule-matches --type=user --name='shop:*' --log-level=err.. \\
      --action=snapshot-session black-box --rate-policy=once-after:1
  ringtail add-trigger --name=slow --condition=event-rule-matches --type=user --name=shop:order --filter='ms > 500' \\
      --capture=order_id --capture='$ctx.vpid' --action=notify --rate-policy=every:10
  ringtail add-trigger --condition=event-rule-matches --type=user --name='*' --log-level=err.. \\
      --action=webhook https://alerts.example/hook --token-file=/etc/shop/token --rate-policy=at-most:1/10m
  ringtail add-trigger --condition=application-exited --cause=signal --action=snapshot-session black-box
  ringtail add-trigger --condition=no-event-for --name=shop:heartbeat --period=10s --action=exec -- /usr/bin/logger silent`,
  );
  act(command, async () => {
    // The meaning of an option depends on its position, so the words themselves are parsed.
    const { trigger, ownerUid } = parseTrigger(context, program.args.slice(1));
    const added = await withDaemon(context, async (client) => {
      try {
        const name = await client.addTrigger(trigger, ownerUid);
        return freshDescription(trigger, name, ownerUid ?? context.uid);
      } catch (error) {
        throw await triggerStep(client, error, trigger.name);
      }
    });
    report(
      context,
      outputFormatOf(command),
      { command: 'add-trigger', trigger: added },
      () => `Added trigger \`${added.name}\`.`,
    );
    return undefined;
  });
  return command;
}
