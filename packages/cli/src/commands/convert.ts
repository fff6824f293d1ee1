import { type Command, Option } from 'commander';
import type { Act } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { CONVERT_FORMATS } from '../reading/convert-format.ts';
import type { ConvertOptions } from '../reading/convert-traces.ts';
import { addReadingOptions } from '../reading/reading-options.ts';
import { addTextOptions } from '../reading/text-options.ts';

export function addConvert(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('convert')
    .description('convert traces: to text, tables, or other traces')
    .argument('[paths...]', 'traces, or directories above traces (default: the newest in ringtail-traces at home)')
    .addOption(new Option('-o, --format <format>', 'output format').choices(CONVERT_FORMATS).default('text'))
    .option(
      '-w, --output <path>',
      'output file; with ctf and ctf2 a new or empty directory (default: standard output)',
    );
  addTextOptions(addReadingOptions(command)).addHelpText(
    'after',
    `
Formats:
  text     as babeltrace2 prints              csv      a row for each event, a column for each field
  details  every message with all it has      ctf      a trace of CTF 1.8
  json     an object a line for each event    ctf2     a trace of CTF 2
  counter  how many messages of which kind    dummy    nothing: read only

Examples:
  ringtail convert /tmp/trace -o csv -w events.csv
  ringtail convert /tmp/trace -o ctf -w /tmp/cut --begin 14:03:20 --end 14:03:25
  ringtail convert /tmp/trace -o ctf2 -w /tmp/slow --filter 'duration_ms > 500'`,
  );
  act(command, async (words: string[], options: ConvertOptions) => {
    // Imported when needed, as for view.
    const { convertTraces } = await import('../reading/convert-traces.ts');
    return await convertTraces(context, command, words, options);
  });
  return command;
}
