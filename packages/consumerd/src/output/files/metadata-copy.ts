import { join } from 'node:path';
import { asUser } from '@ringtail/posix';
import type { OpenTraceRequest } from '@ringtail/protocol';
import type { MetadataOutput } from '../packet-output.ts';
import type { FileCalls } from './file-calls.ts';
import { MetadataFile, prologueOf } from './metadata-file.ts';
import { ensureTraceDirectory } from './trace-directory.ts';

/** Copy of the metadata of a trace in the directory of its ring files, for `ringtail crash`. */
export class MetadataCopy implements MetadataOutput {
  readonly #file: MetadataFile;

  /**
   * Makes the copy, or continues the copy of a former consumer.
   *
   * @throws {ConsumerError} `DIRECTORY_REFUSED`, `NOT_WRITTEN`
   */
  constructor(directory: string, { tracePath, uuid }: OpenTraceRequest, prologue: string, calls: FileCalls) {
    // Ring files lie below the directory that was named for them as the trace lies below the output of its session.
    const root = directory.endsWith(`/${tracePath}`) ? directory.slice(0, -tracePath.length) : directory;
    ensureTraceDirectory(directory, root);
    this.#file = MetadataFile.open(join(directory, 'metadata'), uuid, prologue, calls);
  }

  appendMetadata(blocks: readonly string[]): void {
    this.#file.append(blocks);
  }

  rewriteMetadata(prologue: string): void {
    this.#file.rewrite(prologue);
  }

  close(): void {
    this.#file.close();
  }
}

/** Start of the copy that a former consumer wrote; empty if there is none. */
export function formerMetadataCopy({ ringDirectory, owner }: OpenTraceRequest): string {
  return ringDirectory === null ? '' : asUser(owner, () => prologueOf(join(ringDirectory, 'metadata')));
}
