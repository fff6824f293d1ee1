import fs from 'node:fs';
import {
  countMessages,
  countsText,
  nameChoice,
  openTraces,
  printCsv,
  printDetails,
  printJson,
  type TraceFiles,
  type TraceReader,
  visitEvents,
  writeCtf,
} from '@ringtail/reader';
import type { Command } from 'commander';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { ExitCode } from '../errors/exit-codes.ts';
import { outputFormatOf, splitNames } from '../options/common-options.ts';
import { formatBytes, plural } from '../output/quantity.ts';
import { reportError, reportTo } from '../output/report.ts';
import type { Outcome } from '../program/command.ts';
import { warnOfEmptySelection } from './check-selection.ts';
import type { ConvertFormat } from './convert-format.ts';
import { openOptions, tracePaths } from './open-options.ts';
import { convertToOtlp } from './otlp/convert-to-otlp.ts';
import type { OtlpOptions } from './otlp/otlp-options.ts';
import { Output } from './output.ts';
import { prettyOptions, printText } from './print-text.ts';
import { convertToProfiles, isProfileFormat } from './profiles/convert-to-profiles.ts';
import { ProgressBar } from './progress-bar.ts';
import type { ReadingOptions } from './reading-options.ts';
import type { TextOptions } from './text-options.ts';
import { convertToTimeline, isTimelineFormat } from './timeline/convert-to-timeline.ts';

export interface ConvertOptions extends ReadingOptions, TextOptions, OtlpOptions {
  readonly format: ConvertFormat;
  readonly output?: string;
}

/** Converts traces as the options of `convert` say. */
export async function convertTraces(
  context: Context,
  command: Command,
  words: readonly string[],
  options: ConvertOptions,
): Promise<Outcome> {
  const outputFormat = outputFormatOf(command);
  const isOtlp = options.format === 'otlp' || options.format === 'otlp-proto';
  if (!isOtlp) refuseOtlpOptions(options);
  let code: number = ExitCode.OK;
  const opening = openOptions(context, options, (error) => {
    // Reading goes on with the other data streams, which may be sound.
    reportError(context, outputFormat, error);
    code = ExitCode.ERROR;
  });
  const isCtf = options.format === 'ctf' || options.format === 'ctf2';
  const reader = openTraces(tracePaths(context, words), {
    ...opening,
    keepsHeaders: isCtf,
    boundaries: options.format === 'details' || options.format === 'counter',
  });
  try {
    warnOfEmptySelection(context, reader.traces, options);
    if (isCtf) convertToCtf(context, command, reader, options);
    else if (isProfileFormat(options.format))
      convertToProfiles(context, command, reader, options.format, options.output);
    else if (isTimelineFormat(options.format)) convertToTimeline(context, reader, options.format, options.output);
    else if (isOtlp) await convertToOtlp(context, command, reader, options);
    else await convertToText(context, reader, options);
  } finally {
    reader.close();
  }
  return { code };
}

/** @throws {CliError} `BAD_ARGUMENT` */
function refuseOtlpOptions({ endpoint, header, tokenFile, serviceName, format }: ConvertOptions): void {
  const given = Object.entries({ endpoint, header, 'token-file': tokenFile, 'service-name': serviceName });
  const [name] = given.find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new CliError('BAD_ARGUMENT', `--${name} cannot be used with the format ${format}`, 'write -o otlp');
}

async function convertToText(context: Context, reader: TraceReader, options: ConvertOptions): Promise<void> {
  const pretty = prettyOptions(context, options, options.output === undefined ? context.stdout : undefined);
  const output = new Output(context, options.output);
  try {
    switch (options.format) {
      case 'text':
        await printText(reader, output, options, pretty);
        break;
      case 'details':
        printDetails(reader, output, { forTerminal: options.output === undefined && context.stdout.isTTY === true });
        break;
      case 'json':
        printJson(reader, output);
        break;
      case 'csv':
        printCsv(reader.traces, reader, output, nameChoice(options.name?.flatMap(splitNames)));
        break;
      case 'counter': {
        const streamCount = reader.traces.reduce((sum, { streams }) => sum + streams.length, 0);
        output.write(countsText(countMessages(reader.messages(), streamCount)));
        break;
      }
      default:
        readAll(reader);
    }
  } finally {
    output.close();
  }
}

/** Decodes every field and prints none. */
function readAll(reader: TraceReader): void {
  visitEvents(reader, { '*': { fields: [], handle: () => {} } });
}

function convertToCtf(
  context: Context,
  command: Command,
  reader: TraceReader<TraceFiles>,
  options: ConvertOptions,
): void {
  if (options.output === undefined) {
    throw new CliError('BAD_ARGUMENT', 'a trace needs a directory', 'name a new one with -w DIR');
  }
  const directory = absolutePath(context, options.output);
  if (fs.existsSync(directory) && fs.readdirSync(directory).length > 0) {
    throw new CliError(
      'OUTPUT_NOT_EMPTY',
      `${directory} is not empty`,
      'name a new directory, or remove that one first',
    );
  }
  const progress = new ProgressBar(context, reader.fileBytes);
  try {
    const done = writeCtf(reader, directory, {
      version: options.format === 'ctf' ? 1 : 2,
      onProgress: (bytes) => progress.update(bytes),
    });
    progress.clear();
    reportTo(context, context.stdout, outputFormatOf(command), { trace: directory, ...done }, () => {
      const what = options.format === 'ctf' ? 'CTF 1.8' : 'CTF 2';
      return `${plural(done.traces, 'trace')} of ${what} (${formatBytes(done.bytes)}) in ${directory}`;
    });
  } finally {
    progress.clear();
  }
}
