import { EXIT_CAUSES } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import { withDaemon } from '../daemon/daemon.ts';
import { exitAsArgpar } from '../options/argpar.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { report } from '../output/report.ts';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { ACTION_SPECS } from '../triggers/action-specs.ts';
import { CONDITION_SPECS } from '../triggers/condition-specs.ts';
import { freshDescription } from '../triggers/describe-triggers.ts';
import { parseTrigger } from '../triggers/parse-trigger.ts';
import { triggerStep } from '../triggers/trigger-step.ts';

/** All options with what they are for; which belongs to what is decided by their order, in `parseTrigger`. */
const OPTIONS: readonly (readonly [flags: string, what: string, choices?: readonly string[]])[] = [
  ['--name <name>', 'name of the trigger; behind a condition, of events; behind snapshot-session, of the snapshot'],
  ['--owner-uid <user>', 'whose trigger it is; for root only'],
  ['--condition <type>', 'what sets the trigger off; its options follow', Object.keys(CONDITION_SPECS)],
  ['--action <type>', 'what is done then, in this order; its options follow; repeatable', Object.keys(ACTION_SPECS)],
  ['--rate-policy <policy>', 'of an action: every:COUNT or once-after:COUNT (default: every:1)'],
  ['-t, --type <type>', 'of events', ['user', 'user:tracepoint']],
  ['-x, --exclude-name <name>', 'events with this name are left out, with * anywhere; repeatable'],
  ['-l, --log-level <level>', 'events of LEVEL, at least as severe (LEVEL..), of any (..), or of a range (err..info)'],
  ['-f, --filter <expression>', "events for which it holds, in LTTng's filter language"],
  ['--capture <field>', 'goes along: NAME, NAME[INDEX], $ctx.NAME or $app.PROVIDER:NAME; repeatable'],
  ['-s, --session <session>', 'that the condition, or the map of incr-map-value, is about'],
  ['-c, --channel <channel>', 'that the condition is about; of incr-map-value: the map'],
  ['-d, --domain <domain>', 'of the channel: user'],
  ['-u, --userspace', 'the same as --domain=user'],
  ['--threshold-ratio <ratio>', 'part of a ring, from 0 to 1'],
  ['--threshold-size <size>', 'bytes, with k, M or G'],
  ['-p, --procname <name>', 'processes with this name, with * anywhere (default: all)'],
  ['--cause <cause>', 'of an end; repeatable (default: all)', EXIT_CAUSES],
  ['-r, --rate <number>', 'events a second'],
  ['-P, --period <period>', 'microseconds, or with us, ms, s, m or h'],
  ['-m, --max-size <size>', 'of a snapshot: the newest packets of at most so many bytes'],
  ['--path <dir>', 'directory in which the snapshot gets its directory'],
  ['--url <url>', 'the same as file:///DIR'],
  [
    '-k, --key <template>',
    'of the counter: text, in which {event_name} and {provider_name} stand for those of the event',
  ],
  ['--command <line>', 'for the shell, in place of words behind --'],
  ['--timeout <period>', 'of exec, and of each attempt of a webhook (default: 10s)'],
  ['--attempts <count>', 'how often a webhook is tried (default: 5)'],
];

export function addAddTrigger(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('add-trigger')
    .description('add a trigger: a condition, and what is done when it holds')
    .usage('[--name=NAME] --condition=TYPE [OPTIONS] --action=TYPE [OPTIONS] [--action=TYPE [OPTIONS]]…')
    .argument('[words...]', 'session of an action, URL of a webhook; behind --: the program of exec and its arguments')
    .allowUnknownOption()
    .allowExcessArguments();
  exitAsArgpar(command);
  for (const [flags, what, choices] of OPTIONS) {
    // Named in the help and by completion, while what is none of them is refused below, with its place.
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
  webhook URL               [--timeout] [--attempts]

Examples:
  ringtail add-trigger --condition=event-rule-matches --type=user --name='shop:*' --log-level=err.. \\
      --action=snapshot-session black-box --rate-policy=once-after:1
  ringtail add-trigger --name=slow --condition=event-rule-matches --type=user --name=shop:order --filter='ms > 500' \\
      --capture=order_id --capture='$ctx.vpid' --action=notify --rate-policy=every:10
  ringtail add-trigger --condition=application-exited --cause=signal --action=snapshot-session black-box
  ringtail add-trigger --condition=no-event-for --name=shop:heartbeat --period=10s --action=exec -- /usr/bin/logger silent`,
  );
  act(command, async () => {
    // Where an option stands says what it means, which only the words themselves tell.
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
