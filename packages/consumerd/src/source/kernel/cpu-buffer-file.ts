import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, errnoOf } from '@ringtail/base';
import { type CpuStats, parseCpuStats } from '@ringtail/kernel';
import { SourceError } from '../source-error.ts';
import { type MappedBuffer, mapBuffer } from './mapped-buffer.ts';

/** Largest size of the file with the counters of a CPU; it has eight short lines. */
const STATS_BYTES_MAX = 4096;

/** The kernel's buffer of one CPU, to be read or copied. Methods throw `SourceError`. */
interface CpuBuffer {
  stats(): CpuStats;
  close(): void;
}

/** The buffer as a file that is read. */
export interface CpuBufferFile extends CpuBuffer {
  /**
   * Reads the next sub-buffer, and takes it out of the buffer.
   *
   * @returns the number of bytes read; 0 if there is none
   */
  read(page: Uint8Array): number;
}

/** The buffer as memory, which keeps its content. */
export interface CpuBufferMemory extends CpuBuffer {
  /** Maps the buffer, which keeps its content. @throws {SourceError} `IO` where the kernel cannot do so */
  map(): MappedBuffer;
  /** Empties the buffer, and sets its counters to 0. */
  clear(): void;
}

export interface CpuBufferPlace {
  /** Directory of the instance in tracefs. */
  readonly instance: string;
  readonly cpu: number;
}

/** @throws {SourceError} `IO` */
export function openCpuBufferFile({ instance, cpu }: CpuBufferPlace): CpuBufferFile & CpuBufferMemory {
  const directory = join(instance, 'per_cpu', `cpu${cpu}`);
  const open = (name: string, flags: number) =>
    withSourceErrors(`${directory}/${name} cannot be opened`, () => openSync(join(directory, name), flags));
  const raw = open('trace_pipe_raw', constants.O_RDONLY | constants.O_NONBLOCK);
  let stats: number;
  try {
    stats = open('stats', constants.O_RDONLY);
  } catch (error) {
    closeSync(raw);
    throw error;
  }
  const text = Buffer.alloc(STATS_BYTES_MAX);
  return {
    read: (page) =>
      withSourceErrors(`${directory}/trace_pipe_raw cannot be read`, () => {
        try {
          return readSync(raw, page, 0, page.length, null);
        } catch (error) {
          if (errnoOf(error) === 'EAGAIN') return 0;
          throw error;
        }
      }),
    stats: () =>
      withSourceErrors(`${directory}/stats cannot be read`, () =>
        parseCpuStats(text.toString('latin1', 0, readSync(stats, text, 0, text.length, 0))),
      ),
    map: () => mapBuffer(raw),
    // The kernel empties the buffer when its text is opened so.
    clear: () => closeSync(open('trace', constants.O_WRONLY | constants.O_TRUNC)),
    close: () => {
      closeSync(raw);
      closeSync(stats);
    },
  };
}

function withSourceErrors<Result>(sentence: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    throw new SourceError('IO', `${sentence}: ${describeError(cause)}`, { cause });
  }
}
