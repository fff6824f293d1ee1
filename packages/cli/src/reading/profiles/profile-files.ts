import { closeSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ThreadProfile } from '@ringtail/analyses';
import { describeError } from '@ringtail/base';
import { ensureDirectory } from '@ringtail/posix';
import { FdSink } from '@ringtail/reader';
import { CliError } from '../../errors/cli-error.ts';
import { openOutputFile } from '../open-output-file.ts';

const PRIVATE_DIRECTORY = 0o700;

/** A directory with a file `NUMBER-PID-TID.cpuprofile` for each thread. */
export class ProfileFiles {
  readonly directory: string;
  #count = 0;

  /** @throws {CliError} `OUTPUT_NOT_EMPTY` */
  constructor(directory: string) {
    this.directory = directory;
    if (existsSync(directory) && readdirSync(directory).length > 0) {
      throw new CliError('OUTPUT_NOT_EMPTY', `${directory} is not empty`, 'name a new directory, or remove it first');
    }
  }

  /** @throws {CliError} `OUTPUT_NOT_WRITABLE` */
  write({ pid, tid }: Pick<ThreadProfile, 'pid' | 'tid'>, parts: Iterable<string>): void {
    // Contexts of a trace can be any text, and different traces can have equal threads.
    const ids = [pid, tid].filter((id) => typeof id === 'number' || typeof id === 'bigint');
    const name = [++this.#count, ...ids].join('-');
    try {
      ensureDirectory(this.directory, { mode: PRIVATE_DIRECTORY });
      const fd = openOutputFile(join(this.directory, `${name}.cpuprofile`));
      try {
        const sink = new FdSink(fd);
        for (const part of parts) sink.write(part);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw new CliError('OUTPUT_NOT_WRITABLE', `cannot write ${this.directory}: ${describeError(error)}`);
    }
  }
}
