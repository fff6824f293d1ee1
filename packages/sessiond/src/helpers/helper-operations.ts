import { asUser, readTokenFile } from '@ringtail/posix';
import type { Owner } from '../model/owner.ts';
import { archiveBytes, removeArchive } from '../outputs/archive-removal.ts';
import { removeCheckpoints } from '../outputs/checkpoints.ts';
import { earlierSnapshots, type SearchedOutput } from '../outputs/earlier-snapshots.ts';
import { removeEmptyChunk } from '../outputs/empty-chunk.ts';
import {
  type ClaimOptions,
  claimOutput,
  makeArchive,
  makeSnapshotDirectory,
  prepareDomainDirectory,
  prepareSnapshotOutput,
} from '../outputs/output-directory.ts';
import { prepareRingDirectory, prepareShmPath } from '../outputs/ring-directory.ts';
import { findSessionFiles, readSavedText } from './saved-files.ts';

/** Answer of an operation. */
export interface HelperResult<Result> {
  readonly result: Result;
  /** An open descriptor for the session daemon. */
  readonly descriptor?: number | undefined;
}

/** User and callbacks of an operation. */
export interface HelperContext {
  readonly owner: Owner;
  /** Called after each step of a long operation: the time limit applies to a step. */
  readonly onProgress: () => void;
}

const only = <Result>(result: Result): HelperResult<Result> => ({ result });

/**
 * The operations in directories that users have chosen. A helper process carries them out, since a file system may
 * never answer. Each one runs with the rights of the owner.
 */
export const helperOperations = {
  /** Makes a directory for snapshots if it is absent. */
  'prepare-snapshot-output': ({ path }: { readonly path: string }, { owner }: HelperContext) =>
    only(prepareSnapshotOutput(path, owner)),

  /** Makes the directory of a domain in an output directory. */
  'prepare-domain-directory': (
    { path, name }: { readonly path: string; readonly name: string },
    { owner }: HelperContext,
  ) => only(prepareDomainDirectory(name, path, owner)),

  /** Chooses and locks the output directory of a session. The descriptor holds the lock. */
  'claim-output': (
    { path, ...options }: { readonly path: string } & Omit<ClaimOptions, 'owner'>,
    { owner }: HelperContext,
  ): HelperResult<string> => {
    const claimed = claimOutput(path, { owner, ...options });
    return { result: claimed.path, descriptor: claimed.descriptor };
  },

  /** Makes the directory for a session's ring files, which belongs to the session's owner. */
  'prepare-shm-path': (
    { path, domains }: { readonly path: string; readonly domains: readonly string[] },
    { owner }: HelperContext,
  ) => only(prepareShmPath(path, domains, owner.uid)),

  /** Makes the directory for the ring files of a trace. */
  'prepare-ring-directory': (
    { path, shmPath, user }: { readonly path: string; readonly shmPath: string; readonly user: Owner },
    { owner }: HelperContext,
  ) => only(prepareRingDirectory(path, shmPath, user, owner.uid)),

  /** Makes a new directory for a snapshot; answers false if the name is taken. */
  'make-snapshot-directory': ({ path }: { readonly path: string }, { owner }: HelperContext) =>
    only(makeSnapshotDirectory(path, owner)),

  /** Makes an archive without any trace in it. */
  'make-archive': ({ path, output }: { readonly path: string; readonly output: string }, { owner }: HelperContext) =>
    only(makeArchive(path, output, owner)),

  /** Removes an archive or a snapshot, unless it is being read. */
  'remove-archive': (
    { path, output }: { readonly path: string; readonly output: string | null },
    { owner, onProgress }: HelperContext,
  ) => only(removeArchive(path, output, owner, onProgress)),

  /** Measures the files of an archive or a snapshot. */
  'measure-archive': ({ path }: { readonly path: string }, { owner, onProgress }: HelperContext) =>
    only(archiveBytes(path, owner, onProgress)),

  /** Finds the snapshots of earlier sessions of the same name. */
  'find-earlier-snapshots': (output: SearchedOutput, { owner, onProgress }: HelperContext) =>
    only(earlierSnapshots(output, owner, onProgress)),

  /** Removes the checkpoints of a session's traces. */
  'remove-checkpoints': (
    { path, uuids }: { readonly path: string; readonly uuids: readonly string[] },
    { owner, onProgress }: HelperContext,
  ) => only(removeCheckpoints(path, uuids, owner, onProgress)),

  /** Removes the trace chunk in an output directory if nothing was recorded into it. */
  'remove-empty-chunk': ({ path }: { readonly path: string }, { owner }: HelperContext) =>
    only(removeEmptyChunk(path, owner)),

  /** Lists the saved sessions of a file or directory. */
  'find-session-files': ({ path, named }: { readonly path: string; readonly named: boolean }) =>
    only(findSessionFiles(path, named)),

  /** Reads a saved session; the file has to belong to `owner`. */
  'read-session-file': ({ path, ownerUid }: { readonly path: string; readonly ownerUid: number | null }) =>
    only(readSavedText(path, ownerUid)),

  /** Reads the bearer token of a webhook. */
  'read-token': ({ path }: { readonly path: string }, { owner }: HelperContext) =>
    only(asUser(owner, () => readTokenFile(path))),
} satisfies Record<string, (params: never, context: HelperContext) => HelperResult<unknown>>;

type Operations = typeof helperOperations;
export type HelperOperation = keyof Operations;
export type HelperParams<Name extends HelperOperation> = Parameters<Operations[Name]>[0];
export type HelperAnswer<Name extends HelperOperation> = ReturnType<Operations[Name]>['result'];
