import { removeCheckpoints } from '../archives/checkpoints.ts';
import { removeEmptyChunk } from '../archives/empty-chunk.ts';
import type { Owner } from '../model/owner.ts';
import {
  claimOutput,
  makeArchive,
  makeSnapshotDirectory,
  prepareDomainDirectory,
  prepareSnapshotOutput,
} from './output-directory.ts';
import { prepareRingDirectory, prepareShmPath } from './ring-directory.ts';
import { findSessionFiles, freshOutput, readSavedText } from './saved-files.ts';

/** Answer of an operation. */
export interface PlaceResult<Result> {
  readonly result: Result;
  /** An open descriptor for the session daemon. */
  readonly descriptor?: number | undefined;
}

/** User and callbacks of an operation. */
export interface PlaceContext {
  readonly owner: Owner;
  /** Called after each step of a long operation: the time limit applies to a step. */
  readonly onProgress: () => void;
}

const only = <Result>(result: Result): PlaceResult<Result> => ({ result });

/**
 * The operations in directories that users have chosen. A helper process carries them out, since a file system may
 * never answer. Each one runs with the rights of the owner.
 */
export const placeOperations = {
  /** Makes a directory for snapshots if it is absent. */
  'prepare-snapshot-output': ({ path }: { readonly path: string }, { owner }: PlaceContext) =>
    only(prepareSnapshotOutput(path, owner)),

  /** Makes the directory of a domain in an output directory. */
  'prepare-domain-directory': (
    { path, name }: { readonly path: string; readonly name: string },
    { owner }: PlaceContext,
  ) => only(prepareDomainDirectory(name, path, owner)),

  /** Chooses and locks the output directory of a session. The descriptor holds the lock. */
  'claim-output': (
    { path, inUse, name }: { readonly path: string; readonly inUse: boolean; readonly name: string },
    { owner }: PlaceContext,
  ): PlaceResult<string> => {
    const claimed = claimOutput(path, { owner, inUse, name });
    return { result: claimed.path, descriptor: claimed.descriptor };
  },

  /** Makes the directory for a session's ring files, which belongs to the session's owner. */
  'prepare-shm-path': (
    { path, domains }: { readonly path: string; readonly domains: readonly string[] },
    { owner }: PlaceContext,
  ) => only(prepareShmPath(path, domains, owner.uid)),

  /** Makes the directory for the ring files of a trace. */
  'prepare-ring-directory': (
    { path, shmPath, user }: { readonly path: string; readonly shmPath: string; readonly user: Owner },
    { owner }: PlaceContext,
  ) => only(prepareRingDirectory(path, shmPath, user, owner.uid)),

  /** Makes a new directory for a snapshot; answers false if the name is taken. */
  'make-snapshot-directory': ({ path }: { readonly path: string }, { owner }: PlaceContext) =>
    only(makeSnapshotDirectory(path, owner)),

  /** Makes an archive without any trace in it. */
  'make-archive': ({ path, output }: { readonly path: string; readonly output: string }, { owner }: PlaceContext) =>
    only(makeArchive(path, output, owner)),

  /** Removes the checkpoints of a session's traces. */
  'remove-checkpoints': (
    { path, uuids }: { readonly path: string; readonly uuids: readonly string[] },
    { owner, onProgress }: PlaceContext,
  ) => only(removeCheckpoints(path, uuids, owner, onProgress)),

  /** Removes the trace chunk in an output directory if nothing was recorded into it. */
  'remove-empty-chunk': ({ path }: { readonly path: string }, { owner }: PlaceContext) =>
    only(removeEmptyChunk(path, owner)),

  /** Lists the saved sessions of a file or directory. */
  'find-session-files': ({ path, named }: { readonly path: string; readonly named: boolean }) =>
    only(findSessionFiles(path, named)),

  /** Reads a saved session; the file has to belong to `owner`. */
  'read-session-file': ({ path, ownerUid }: { readonly path: string; readonly ownerUid: number | null }) =>
    only(readSavedText(path, ownerUid)),

  /** Chooses an output for a saved session whose former trace is still there. */
  'find-fresh-output': ({ path, date }: { readonly path: string; readonly date: string }) =>
    only(freshOutput(path, date)),
} satisfies Record<string, (params: never, context: PlaceContext) => PlaceResult<unknown>>;

type Operations = typeof placeOperations;
export type PlaceOperation = keyof Operations;
export type PlaceParams<Name extends PlaceOperation> = Parameters<Operations[Name]>[0];
export type PlaceAnswer<Name extends PlaceOperation> = ReturnType<Operations[Name]>['result'];
