import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import { collect } from '../options/common-options.ts';
import type { Act } from '../program/command.ts';
import { CONVERT_FORMATS } from '../reading/convert-format.ts';
import type { ConvertOptions } from '../reading/convert-traces.ts';
import { addReadingOptions } from '../reading/reading-options.ts';
import { addTextOptions } from '../reading/text-options.ts';

export function addConvert(program: Command, context: Context, act: Act): Command {
  const command = program
    .command('convert')
    .description(
      'convert traces: to text, tables, other traces, files for viewers, CPU profiles, or spans and logs of OpenTelemetry',
    )
    .argument('[paths...]', 'traces, or directories above traces (default: the newest in ringtail-traces at home)')
    .addOption(new Option('-o, --format <format>', 'output format').choices(CONVERT_FORMATS).default('text'))
    .option(
      '-w, --output <path>',
      'output file; with ctf, ctf2, otlp, otlp-proto and cpuprofile a new or empty directory (default: standard output)',
    )
    .option('--endpoint <url>', 'with otlp and otlp-proto: send to a collector, to /v1/traces and /v1/logs below URL')
    .option('--header <header>', "header of requests to the collector: 'NAME: VALUE'; repeatable", collect)
    .option('--token-file <file>', 'private file with a bearer token for the collector')
    .option(
      '--service-name <name>',
      'with otlp and otlp-proto: name of the service (default: the name of the program)',
    );
  addTextOptions(addReadingOptions(command)).addHelpText(
    'after',
    `
Formats:
  text     as babeltrace2 prints              csv         a row for each event, a column for each field
  details  every message with all it has      ctf         a trace of CTF 1.8
  json     an object a line for each event    ctf2        a trace of CTF 2
  counter  how many messages of which kind    otlp        spans and logs of OpenTelemetry, as JSON
  dummy    nothing: read only                 otlp-proto  the same as protobuf
For viewers of a timeline:
  chrome   for https://ui.perfetto.dev and chrome://tracing
Of CPU samples, which ringtail record --profile=1000 records:
  cpuprofile  a file for each thread, for Chrome DevTools and Visual Studio Code
  speedscope  for https://www.speedscope.app
  folded      a line for each stack, for flame graphs
  pprof       for go tool pprof

Examples:
  ringtail convert /tmp/trace -o csv -w events.csv
  ringtail convert /tmp/trace -o ctf -w /tmp/cut --begin 14:03:20 --end 14:03:25
  ringtail convert /tmp/trace -o ctf2 -w /tmp/slow --filter 'duration_ms > 500'
  ringtail convert /tmp/trace -o chrome -w trace.json
  ringtail convert /tmp/trace -o speedscope -w cpu.speedscope.json
  ringtail convert /tmp/trace -o otlp -w /tmp/spans --service-name=shop
  ringtail convert /tmp/trace -o otlp-proto --endpoint=http://localhost:4318`,
  );
  act(command, async (words: string[], options: ConvertOptions) => {
    // Imported when needed, as for view.
    const { convertTraces } = await import('../reading/convert-traces.ts');
    return await convertTraces(context, command, words, options);
  });
  return command;
}
