import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { type Destination, type DomainName, directoryAt, domainDirectory } from '@ringtail/protocol';
import { directoryOf } from '../model/destination.ts';
import type { SnapshotPlace } from '../model/kept-archives.ts';
import type { Owner } from '../model/owner.ts';
import type { Session } from '../model/session.ts';
import type { ArchiveRemoval } from '../outputs/archive-removal.ts';
import type { EarlierSnapshot } from '../outputs/earlier-snapshots.ts';
import { ARCHIVES_DIRECTORY, type ClaimOptions } from '../outputs/output-directory.ts';
import type { HelperPool } from './helper-pool.ts';

/** Output of a session, which no other session uses until it is released. */
export interface ClaimedOutput {
  readonly destination: Destination | null;
  release(): void;
}

export interface WantedOutput extends ClaimOptions {
  readonly destination: Destination | null;
  /** Whether only snapshots go there, each to a new directory: many sessions can have theirs in one directory. */
  readonly snapshot: boolean;
}

/**
 * Outputs of sessions. Helper processes make and remove their directories.
 *
 * @throws {DaemonError} every method: `UNSUPPORTED` for a destination that is not a directory, `OUTPUT_NOT_WRITABLE`
 */
export class SessionOutputs {
  readonly #helpers: Pick<HelperPool, 'perform' | 'performOpening'>;

  constructor(helpers: Pick<HelperPool, 'perform' | 'performOpening'>) {
    this.#helpers = helpers;
  }

  /** Makes the output of a new session. */
  async claim({ destination, snapshot, owner, ...options }: WantedOutput): Promise<ClaimedOutput> {
    const unclaimed = { destination, release: () => {} };
    if (destination === null) return unclaimed;
    const path = directoryOf(destination);
    if (snapshot) {
      await this.#helpers.perform('prepare-snapshot-output', owner, { path });
      return unclaimed;
    }
    const params = { path, ...options };
    const { result, descriptor } = await this.#helpers.performOpening('claim-output', owner, params);
    const release = descriptor === undefined ? () => {} : () => closeSync(descriptor);
    return { destination: directoryAt(result), release };
  }

  /** Prepares the output of a session that a domain begins to record. */
  async prepare({ output, snapshot, owner }: Session, domain: DomainName): Promise<void> {
    if (snapshot || output === null) return;
    const params = { path: directoryOf(output), name: domainDirectory(domain) };
    await this.#helpers.perform('prepare-domain-directory', owner, params);
  }

  /** Destination of an archived trace chunk. */
  archiveAt(output: Destination, name: string): Destination {
    return directoryAt(join(directoryOf(output), ARCHIVES_DIRECTORY, name));
  }

  /** Makes an archive without traces. */
  async makeArchive(archive: Destination, output: Destination, owner: Owner): Promise<void> {
    const params = { path: directoryOf(archive), output: directoryOf(output) };
    await this.#helpers.perform('make-archive', owner, params);
  }

  /** Makes the destination of a snapshot; undefined if its name is taken. */
  async makeSnapshot(output: Destination, name: string, owner: Owner): Promise<Destination | undefined> {
    const path = join(directoryOf(output), name);
    const isNew = await this.#helpers.perform('make-snapshot-directory', owner, { path });
    return isNew ? directoryAt(path) : undefined;
  }

  /** Removes an archive or a snapshot of a session, unless it is being read. @param path of its directory */
  async removeArchive({ snapshot, output, owner }: Session, path: string): Promise<ArchiveRemoval> {
    const params = { path, output: snapshot ? null : directoryOf(output) };
    return await this.#helpers.perform('remove-archive', owner, params);
  }

  /** Snapshots in an output that earlier sessions of the same name have recorded. */
  async findEarlierSnapshots(
    { name: session, owner }: Session,
    { path, name }: SnapshotPlace,
  ): Promise<readonly EarlierSnapshot[]> {
    return await this.#helpers.perform('find-earlier-snapshots', owner, { path, name, session });
  }

  /** Bytes of the files of an archive or a snapshot. */
  async measureArchive({ owner }: Session, path: string): Promise<number> {
    return await this.#helpers.perform('measure-archive', owner, { path });
  }

  /** Removes the current trace chunk if nothing was recorded into it. */
  async removeEmptyChunk(output: Destination, owner: Owner): Promise<void> {
    await this.#helpers.perform('remove-empty-chunk', owner, { path: directoryOf(output) });
  }

  /** Removes the checkpoints of traces. */
  async removeCheckpoints(output: Destination, uuids: readonly string[], owner: Owner): Promise<void> {
    await this.#helpers.perform('remove-checkpoints', owner, { path: directoryOf(output), uuids });
  }
}
