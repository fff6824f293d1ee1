import { gzipSync } from 'node:zlib';
import { CpuProfiles, cpuprofileText, foldedText, pprofBytes, speedscopeText } from '@ringtail/analyses';
import { type TraceReader, visitEvents } from '@ringtail/reader';
import type { Command } from 'commander';
import { absolutePath, type Context } from '../../context/context.ts';
import { CliError } from '../../errors/cli-error.ts';
import { outputFormatOf } from '../../options/common-options.ts';
import { plural } from '../../output/quantity.ts';
import { reportTo, warn } from '../../output/report.ts';
import type { ConvertFormat } from '../convert-format.ts';
import { Output } from '../output.ts';
import { ProfileFiles } from './profile-files.ts';

const PROFILE_FORMATS = ['cpuprofile', 'speedscope', 'folded', 'pprof'] as const satisfies readonly ConvertFormat[];
type ProfileFormat = (typeof PROFILE_FORMATS)[number];

export function isProfileFormat(format: ConvertFormat): format is ProfileFormat {
  return (PROFILE_FORMATS as readonly string[]).includes(format);
}

/**
 * Writes the CPU samples of traces as profiles.
 *
 * @param path a file, or a directory for the format cpuprofile
 * @throws {CliError} `BAD_ARGUMENT`, `NO_SAMPLES`, `OUTPUT_NOT_EMPTY`, `OUTPUT_NOT_WRITABLE`
 */
export function convertToProfiles(
  context: Context,
  command: Command,
  reader: TraceReader,
  format: ProfileFormat,
  path: string | undefined,
): void {
  const files = format === 'cpuprofile' ? new ProfileFiles(directoryOf(context, path)) : undefined;
  const samples = new CpuProfiles();
  visitEvents(reader, (of, stream) => samples.see(of, stream));
  const { profiles, functions, sampleCount, unknownCount, omittedCount } = samples;
  if (profiles.length === 0) {
    throw new CliError('NO_SAMPLES', 'there are no CPU samples', 'record them with ringtail record --profile=1000');
  }
  if (unknownCount > 0) warn(context, `the stacks of ${plural(unknownCount, 'sample')} are not in the trace`);
  if (omittedCount > 0) warn(context, `${plural(omittedCount, 'sample')} more than memory allows are left out`);
  if (files === undefined) {
    writeParts(new Output(context, path), partsOf(format, samples));
    return;
  }
  for (const profile of profiles) files.write(profile, cpuprofileText(profile, functions));
  const done = { directory: files.directory, files: profiles.length, samples: sampleCount };
  reportTo(context, context.stdout, outputFormatOf(command), done, () => {
    return `${plural(sampleCount, 'sample')} in ${plural(profiles.length, 'profile')} in ${files.directory}`;
  });
}

/** @throws {CliError} `BAD_ARGUMENT` */
function directoryOf(context: Context, path: string | undefined): string {
  if (path !== undefined) return absolutePath(context, path);
  throw new CliError('BAD_ARGUMENT', 'profiles need a directory', 'name a new one with -w DIR');
}

function* partsOf(format: ProfileFormat, { profiles, functions }: CpuProfiles): Iterable<string | Uint8Array> {
  if (format === 'speedscope') yield* speedscopeText(profiles, functions);
  else if (format === 'folded') yield* foldedText(profiles, functions);
  else yield gzipSync(Buffer.concat([...pprofBytes(profiles, functions)]));
}

function writeParts(output: Output, parts: Iterable<string | Uint8Array>): void {
  try {
    for (const part of parts) {
      const isWanted = typeof part === 'string' ? output.write(part) : output.writeBytes(part);
      if (!isWanted) return;
    }
  } finally {
    output.close();
  }
}
